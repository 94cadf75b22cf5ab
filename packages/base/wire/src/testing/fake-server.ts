import http2 from "node:http2";
import type { AddressInfo } from "node:net";

/** A server of bare HTTP/2 that does to each stream what a test tells it. */
export async function fakeServer(
  onStream: (
    stream: http2.ServerHttp2Stream,
    session: http2.ServerHttp2Session,
    headers: http2.IncomingHttpHeaders,
  ) => void,
  settings: http2.Settings = {},
) {
  const server = http2.createServer({ settings });
  const sessions = new Set<http2.ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => {});
    session.on("stream", (stream, headers) => {
      stream.on("error", () => {});
      onStream(stream, session, headers);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    sessions,
    close() {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

export const GRPC_HEADERS = { ":status": 200, "content-type": "application/grpc" } as const;

/** A whole, good answer. */
export function answer(stream: http2.ServerHttp2Stream, body: Uint8Array = Buffer.alloc(5), status = "0"): void {
  stream.respond(GRPC_HEADERS, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": status }));
  stream.end(body);
}

/** A length prefix for a message. */
export function prefixOf(length: number, compressed = false): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(length, 1);
  return prefix;
}

/** RST_STREAM and nothing before it: Node's own `close` ends the stream first, which a peer may take for its end. */
export function resetStream(stream: http2.ServerHttp2Stream, code: number): void {
  Object.defineProperty(stream, "end", { value: () => stream });
  stream.close(code);
}
