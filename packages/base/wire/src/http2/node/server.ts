import type { Http2Server } from "../http2.ts";
import { createListener, type Http2ServerOptions } from "../listen.ts";

/** A server by `node:http2`, which is loaded when it listens: half a megabyte that nobody else holds. */
export function createNodeHttp2Server(options: Http2ServerOptions): Http2Server {
  return createListener(options, async () => {
    const { serveByNode } = await import("./serve-socket.ts");
    return serveByNode(options);
  });
}
