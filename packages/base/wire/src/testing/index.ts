export { answer, fakeServer, GRPC_HEADERS, prefixOf, resetStream } from "./fake-server.ts";
export { Notes } from "./notes.ts";
export { openRaw } from "./raw-http.ts";
export {
  data,
  frame,
  RawPeer,
  REQUEST,
  rawServer,
  reset,
  SETTINGS_ACK,
  settings,
  uint32,
  windowUpdate,
} from "./raw-peer.ts";
export { socketServer } from "./socket-server.ts";
