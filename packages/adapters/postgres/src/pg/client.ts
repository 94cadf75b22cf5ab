import type { Socket } from "node:net";
import type { Clock } from "@parley/core";
import { settleWithin } from "@parley/core/internal";
import type { Client, PoolClient } from "pg";

/** A client of `pg`, with what it has and its types do not say: the key for cancelling, and the socket. */
export type KeyedClient = (Client | PoolClient) & {
  readonly processID: number | null;
  readonly secretKey: number | null;
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean | object;
  readonly connection: {
    readonly stream: Socket;
    /** By name, the texts that the server has prepared for this session. */
    readonly parsedStatements: Readonly<Record<string, string | undefined>>;
  };
};

/** Drops the connection without a word to the server. What runs on it rejects. */
export function cut(client: Client | PoolClient): void {
  (client as KeyedClient).connection.stream.destroy();
}

/** How long a server may take to end a connection that was said good-bye on. */
const GOODBYE_MS = 1_000;

/** Ends a connection in good order; cuts it if the server does not answer. Never rejects. */
export async function endClient(client: Client, clock: Clock): Promise<void> {
  if ((await settleWithin(client.end(), GOODBYE_MS, clock)) === "timeout") cut(client);
}
