import type { TransportAdapter } from "@parley/transport";
import { CAPABILITIES } from "./capabilities.ts";

/** Events over RabbitMQ, for `defineSystem({ transports: [rabbitmq()] })`. */
export const rabbitmq = (): TransportAdapter => ({
  name: "rabbitmq",
  schemes: { amqp: 5672, amqps: 5671 },
  capabilities: CAPABILITIES,
  async connect(options) {
    const { connect } = await import("./connect.ts");
    return connect(options);
  },
});
