/** The engine room: HTTP/1.1, HTTP/2, TLS files and buffers. */
export type { TlsFiles } from "./tls/tls-files.ts";
