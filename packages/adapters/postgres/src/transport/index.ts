/** The event transport in PostgreSQL, and in embedded PGlite. */
export { createPostgresTransport } from "./create-transport.ts";
export type { PostgresTransportOptions } from "./options.ts";
