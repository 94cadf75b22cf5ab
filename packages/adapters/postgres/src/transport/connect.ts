import { type ConnectTransport, withinLimit } from "@parley/transport";
import { openDatabase } from "../open-database.ts";
import { createPostgresTransport } from "./create-transport.ts";

/** Connections of one transport: what publishes, reads, acknowledges and beats at the same time, and one that listens. */
const MAX_CONNECTIONS = 5;
/** Its statements are short: one that takes longer has a server that is gone without a word. */
const QUERY_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * The event transport on a PostgreSQL server. `url` is that of a database that exists; its tables are made in it.
 * Settings of the server that can lose what was committed are warned of by name.
 */
export const connect: ConnectTransport = async ({ url, clientName, ...options }) => {
  const { logger, clock } = options;
  const database = await openDatabase({
    url: withApplicationName(url, clientName),
    maxConnections: MAX_CONNECTIONS,
    queryTimeoutMs: QUERY_TIMEOUT_MS,
    closeTimeoutMs: CLOSE_TIMEOUT_MS,
    logger,
    clock,
  });
  try {
    const transport = await createPostgresTransport({ ...options, database });
    return {
      ...transport,
      close: (closeOptions) =>
        withinLimit(
          transport.close(closeOptions).finally(() => database.close()),
          closeOptions?.signal,
        ),
    };
  } catch (error) {
    await database.close();
    throw error;
  }
};

function withApplicationName(url: string, clientName: string): string {
  if (!URL.canParse(url)) return url; // openDatabase refuses it
  const named = new URL(url);
  if (!named.searchParams.has("application_name")) named.searchParams.set("application_name", clientName);
  return named.href;
}
