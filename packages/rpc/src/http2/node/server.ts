import http2 from "node:http2";
import type { Http2Server } from "../http2.ts";
import { createListener, type Http2ServerOptions } from "../listen.ts";
import { CONNECTION_WINDOW_BYTES, STREAM_WINDOW_BYTES } from "../window.ts";
import { ServerSession } from "./server-session.ts";
import { SESSION_OPTIONS } from "./settings.ts";

/** A server by node:http2. */
export function createNodeHttp2Server(options: Http2ServerOptions): Http2Server {
  const { accept, clock, streamResets } = options;
  return createListener(options, (socket, onClose) => {
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
  });
}
