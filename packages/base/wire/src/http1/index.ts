/** HTTP/1.1 (RFC 9110, RFC 9112), for the packages of Parley. */
export { addressKey } from "./address-key.ts";
export { ConnectionLimit } from "./connection-limit.ts";
export { DefaultHeaders } from "./default-headers.ts";
export { EdgeError } from "./edge-error.ts";
export { isHost, isToken } from "./field-text.ts";
export type { HttpRequest } from "./http-request.ts";
export type { HttpResponse, ResponseEnd } from "./http-response.ts";
export { Http1Server } from "./http1-server.ts";
export { malformed } from "./malformed.ts";
export { renderHead } from "./response-head.ts";
export { type LimitOwner, ShareLimit } from "./share-limit.ts";
