/** The engine room: HTTP/1.1, HTTP/2, TLS files and buffers. */
export { collectYoungEarly } from "./buffers/collect-young-early.ts";
export type { TlsFiles } from "./tls/tls-files.ts";
