import { type Clock, noopLogger, systemClock } from "@parley/core";
import type { AcceptStream, ClientConnection, ClientConnectionEvents, Http2Server } from "../http2/http2.ts";
import type { Http2ServerOptions } from "../http2/listen.ts";
import { dialSocketHttp2 } from "../http2/socket/dial.ts";
import { createSocketHttp2Server } from "../http2/socket/server.ts";
import { Notes } from "./notes.ts";
import { REQUEST } from "./raw-peer.ts";

const HOST = "127.0.0.1";
const MAX_HEADER_BYTES = 16_384;

/** Answers every request, when it is complete, with its own body. */
export const echoBytes: AcceptStream = (stream) => {
  const pieces: Uint8Array[] = [];
  return {
    onData(chunk) {
      pieces.push(chunk);
      return "kept";
    },
    onEnd() {
      stream.respond([":status", "200"]);
      for (const piece of pieces) stream.write(piece);
      stream.end(["x-end", "yes"]);
    },
    onReset() {},
    onDrain() {},
  };
};

/** An HTTP/2 server, ours unless it says otherwise, with small limits, so that a flood is short. */
export async function socketServer(
  accept: AcceptStream = echoBytes,
  change: Partial<Http2ServerOptions> = {},
  createServer: (options: Http2ServerOptions) => Http2Server = createSocketHttp2Server,
) {
  const server = createServer({
    accept,
    clock: systemClock,
    logger: noopLogger,
    maxConcurrentStreams: 100,
    maxHeaderBytes: MAX_HEADER_BYTES,
    maxConnectionAgeMs: Number.POSITIVE_INFINITY,
    keepalive: { intervalMs: 60_000, timeoutMs: 20_000 },
    streamResets: { burst: 500, perSecond: 100 },
    ...change,
  });
  const { port } = await server.listen({ port: 0, host: HOST });
  return { server, port };
}

export function dial(
  port: number,
  events: Partial<ClientConnectionEvents> = {},
  { clock = systemClock, dialBy = dialSocketHttp2 }: { clock?: Clock; dialBy?: typeof dialSocketHttp2 } = {},
): Promise<ClientConnection> {
  const all = { onMaxStreams() {}, onGoaway() {}, onClose() {}, ...events };
  const options = { host: HOST, port, timeoutMs: 5_000, maxHeaderBytes: MAX_HEADER_BYTES, clock, events: all };
  return dialBy(options, new AbortController().signal);
}

/** One whole exchange. */
export async function exchange(connection: ClientConnection, body = "hello"): Promise<Notes> {
  const notes = new Notes();
  connection.open(REQUEST, [], notes).end(Buffer.from(body, "latin1"));
  await notes.until(() => notes.find("end") ?? notes.find("reset"));
  return notes;
}
