import { noopLogger } from "@parley/core";
import { serveTransports } from "./serve-transports.ts";

/** Where the parts of a system find the log. */
export interface ServedEventLog {
  /** For this machine alone: `parley://localhost:40123`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Opens the embedded log of events and lends it to the other processes of this machine. */
export async function serveEventLog(place: {
  readonly dataDir: string;
  readonly schema: string;
}): Promise<ServedEventLog> {
  const [{ openDatabase }, { createPostgresTransport }, { createServer }] = await Promise.all([
    import("@parley/postgres"),
    import("@parley/postgres/transport"),
    import("@parley/rpc"),
  ]);
  const database = await openDatabase(place);
  const lender = serveTransports({
    open: ({ topics }) => createPostgresTransport({ database, topics }),
    logger: noopLogger,
  });
  const server = createServer({ services: [lender.registration] });
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  return {
    url: `parley://localhost:${port}`,
    async close() {
      await lender.close();
      await server.drain({ graceMs: 0, signal: AbortSignal.abort() });
      await database.close();
    },
  };
}
