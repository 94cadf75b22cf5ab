import http2 from "node:http2";
import type { Http2ServerOptions, ServeSocket } from "../listen.ts";
import { CONNECTION_WINDOW_BYTES, STREAM_WINDOW_BYTES } from "../window.ts";
import { ServerSession } from "./server-session.ts";
import { SESSION_OPTIONS } from "./settings.ts";

/** Speaks HTTP/2 on accepted sockets by `node:http2`. */
export function serveByNode({ accept, clock, streamResets, ...options }: Http2ServerOptions): ServeSocket {
  return (socket, onClose) => {
    const session = http2.performServerHandshake(socket, {
      settings: {
        maxConcurrentStreams: options.maxConcurrentStreams,
        initialWindowSize: STREAM_WINDOW_BYTES,
        maxHeaderListSize: options.maxHeaderBytes,
      },
      ...SESSION_OPTIONS,
      streamResetBurst: streamResets.burst,
      streamResetRate: streamResets.perSecond,
    } as http2.ServerOptions);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    return new ServerSession(session, socket, { accept, clock, onClose });
  };
}
