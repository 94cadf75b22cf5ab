import { type ParleyError, unauthenticated } from "@parley/core";

/** Why a token was refused: it was not there, or it does not hold. */
export type TokenRefusal = "TOKEN_MISSING" | "TOKEN_INVALID";

const DOMAIN = "parley.identity";

/** UNAUTHENTICATED with its reason as `google.rpc.ErrorInfo`, so that a door can answer as its protocol wants it. */
export function refuseToken(reason: TokenRefusal, message: string, cause?: unknown): ParleyError {
  return unauthenticated(message, { cause, details: [{ type: "error_info", reason, domain: DOMAIN, metadata: {} }] });
}

/** The reason of an error that refuses a user's token; undefined for any other error. */
export function tokenRefusalOf(error: ParleyError): TokenRefusal | undefined {
  const info = error.code === "UNAUTHENTICATED" ? error.detail("error_info") : undefined;
  if (info?.domain !== DOMAIN) return undefined;
  return info.reason === "TOKEN_MISSING" || info.reason === "TOKEN_INVALID" ? info.reason : undefined;
}
