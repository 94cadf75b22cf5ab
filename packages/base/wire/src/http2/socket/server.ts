import type { Http2Server } from "../http2.ts";
import { createListener, type Http2ServerOptions } from "../listen.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { SocketServerConnection } from "./server-connection.ts";

/** A server that speaks HTTP/2 itself, on bare sockets. */
export function createSocketHttp2Server(options: Http2ServerOptions): Http2Server {
  const { clock, accept, maxConcurrentStreams, maxHeaderBytes, streamResets } = options;
  const limits = {
    ...DEFAULT_LIMITS,
    maxConcurrentStreams,
    maxHeaderListBytes: maxHeaderBytes,
    idleFrameBurst: streamResets.burst,
    idleFramesPerSecond: streamResets.perSecond,
  };
  return createListener(
    options,
    () => (socket, onClose) => new SocketServerConnection({ socket, limits, clock, accept, onClose }),
  );
}
