import { connect as connectSocket, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Clock } from "@parley/core";
import { settleWithin } from "@parley/core/internal";
import type { KeyedClient } from "./client.ts";

/** Codes that stand where the protocol's version stands in a start-up message. */
const CANCEL_REQUEST = 80_877_102;
const SSL_REQUEST = 80_877_103;

/**
 * Asks the server to cancel what a session runs, with a CancelRequest on a connection of its own. It needs no log-in
 * and takes none of the server's connection slots, so it works on a server that is full.
 * Never rejects: whoever cancels has a limit of its own for a statement that goes on.
 *
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
 */
export async function cancelStatement(client: KeyedClient, limitMs: number, clock: Clock): Promise<void> {
  const { host, port, processID, secretKey, ssl } = client;
  if (processID === null || secretKey === null) return;
  const socket = host.startsWith("/") ? connectSocket(`${host}/.s.PGSQL.${port}`) : connectSocket(port, host);
  const request = message(CANCEL_REQUEST, processID, secretKey);
  const done = new Promise<void>((resolve) => {
    // The server closes without an answer once the signal is sent.
    socket.on("close", resolve).on("error", () => {});
    socket.once("connect", () => (ssl ? sendOverTls(socket, host, ssl, request) : socket.end(request)));
    socket.resume();
  });
  await settleWithin(done, limitMs, clock);
  socket.destroy();
}

function sendOverTls(socket: Socket, host: string, ssl: boolean | object, request: Buffer): void {
  socket.once("data", (answer) => {
    if (answer.toString() !== "S") return socket.destroy();
    const options = typeof ssl === "object" ? ssl : {};
    const secured = connectTls({ servername: host, ...options, socket }, () => secured.end(request));
    secured.on("error", () => socket.destroy());
  });
  socket.write(message(SSL_REQUEST));
}

function message(...numbers: readonly number[]): Buffer {
  const buffer = Buffer.alloc(4 + 4 * numbers.length);
  buffer.writeInt32BE(buffer.length, 0);
  numbers.forEach((number, index) => {
    buffer.writeInt32BE(number | 0, 4 + 4 * index);
  });
  return buffer;
}
