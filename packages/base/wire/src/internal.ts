/** For the other packages of Parley; outside of semantic versioning. */

export { acquireBuffer, releaseBuffer } from "./buffers/buffer-pool.ts";
export { hintYoungCollection } from "./buffers/external-memory.ts";
export { readTlsFiles, type TlsMaterial, tlsServerOptions } from "./tls/tls-files.ts";
export { TLS_POLL_MS, watchTlsFiles } from "./tls/watch-tls-files.ts";
