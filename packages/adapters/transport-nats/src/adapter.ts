import type { TransportAdapter } from "@parley/transport";
import { DEFAULT_MAX_PAYLOAD_BYTES, natsCapabilities } from "./capabilities.ts";

/** Events over NATS, for `defineSystem({ transports: [nats()] })`. */
export const nats = (): TransportAdapter => ({
  name: "nats",
  schemes: { nats: 4222, tls: 4222 },
  capabilities: natsCapabilities({ maxPayloadBytes: DEFAULT_MAX_PAYLOAD_BYTES, durable: true }),
  async connect(options) {
    const { connect } = await import("./connect.ts");
    return connect(options);
  },
});
