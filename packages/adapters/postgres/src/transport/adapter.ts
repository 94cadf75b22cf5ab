import type { TransportAdapter } from "@parley/transport";
import { CAPABILITIES, TRANSPORT_NAME } from "./capabilities.ts";

/** Events in a log in PostgreSQL. Comes with the runtime: a system need not list it. */
export const postgres = (): TransportAdapter => ({
  name: TRANSPORT_NAME,
  schemes: { postgres: 5432, postgresql: 5432 },
  capabilities: CAPABILITIES,
  async connect(options) {
    const { connect } = await import("./connect.ts");
    return connect(options);
  },
});
