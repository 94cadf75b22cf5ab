import type { TransportAdapter } from "@parley/transport";
import { capabilitiesOf } from "./capabilities.ts";

/** Events over Redis Streams, for `defineSystem({ transports: [redis()] })`. */
export const redis = (): TransportAdapter => ({
  name: "redis",
  schemes: { redis: 6379, rediss: 6379 },
  capabilities: capabilitiesOf({ durable: true }),
  async connect(options) {
    const { connect } = await import("./connect.ts");
    return connect(options);
  },
});
