/** For the other packages of Parley; outside of semantic versioning. */
export { hintYoungCollection } from "./buffers/external-memory.ts";
export { giveBack, takeOctets } from "./buffers/lent-octets.ts";
export { readTlsFiles, type TlsMaterial, tlsServerOptions } from "./tls/tls-files.ts";
export { TLS_POLL_MS, watchTlsFiles } from "./tls/watch-tls-files.ts";
