/** HTTP/2 (RFC 9113) and HPACK (RFC 7541), for the packages of Parley. */
export { FLAG, FRAME, MAX_STREAM_ID, SETTING } from "./frames/frame-types.ts";
export { headerListBytes } from "./header-list-bytes.ts";
export {
  type AcceptStream,
  type Caller,
  type ClientConnection,
  type ClientConnectionEvents,
  type ClientStream,
  type HeaderList,
  HTTP2_CODES,
  type Keeping,
  type ResetLimit,
  type ResponseSink,
  type ServerStream,
  type StreamReset,
  type StreamSink,
} from "./http2.ts";
export { createMemoryServer, type MemoryServer } from "./memory/memory-server.ts";
export { createNodeHttp2Server } from "./node/server.ts";
export type { DialOptions } from "./open-socket.ts";
export { SocketClientConnection } from "./socket/client-connection.ts";
export { dialSocketHttp2 } from "./socket/dial.ts";
export { DEFAULT_LIMITS } from "./socket/limits.ts";
export { createSocketHttp2Server } from "./socket/server.ts";
export { STREAM_WINDOW_BYTES } from "./window.ts";
