import type { TransportAdapter } from "@parley/transport";
import { KAFKA_CAPABILITIES } from "./capabilities.ts";

/** Events over Kafka, for `defineSystem({ transports: [kafka()] })`. */
export const kafka = (): TransportAdapter => ({
  name: "kafka",
  schemes: { kafka: 9092, kafkas: 9093 },
  capabilities: KAFKA_CAPABILITIES,
  async connect(options) {
    const { connect } = await import("./connect.ts");
    return connect(options);
  },
});
