/** The protocol that is spoken, as `Sec-WebSocket-Protocol` names it. */
export const PROTOCOL = "parley.v1";

const TOKEN_PREFIX = "bearer.";

/**
 * The `Authorization` of an upgrade. A page cannot set that header on a WebSocket; it offers its token as a second
 * protocol, `bearer.<token>`, which unlike a URL is not logged on the way. It is never chosen, so it is never sent back.
 */
export function authorizationOf(headers: {
  readonly authorization?: string | undefined;
  readonly "sec-websocket-protocol"?: string | undefined;
}): string | undefined {
  if (headers.authorization !== undefined) return headers.authorization;
  const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  const token = offered.find((name) => name.startsWith(TOKEN_PREFIX))?.slice(TOKEN_PREFIX.length);
  return token === undefined ? undefined : `Bearer ${token}`;
}
