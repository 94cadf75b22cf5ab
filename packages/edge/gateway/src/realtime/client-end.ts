/** Why the gateway ends a connection. */
export type ClientEnd =
  | { readonly code: "TOKEN_EXPIRED"; readonly message: string }
  | { readonly code: "TOO_SLOW"; readonly message: string }
  | { readonly code: "PROTOCOL"; readonly message: string }
  | { readonly code: "SHUTDOWN"; readonly message: string };

export const TOKEN_EXPIRED: ClientEnd = { code: "TOKEN_EXPIRED", message: "the token has expired" };
export const STALLED: ClientEnd = { code: "TOO_SLOW", message: "the client did not read for too long" };
export const OVERTAKEN: ClientEnd = { code: "TOO_SLOW", message: "the client reads more slowly than events come" };
export const SHUTDOWN: ClientEnd = { code: "SHUTDOWN", message: "the gateway stops: connect again" };
