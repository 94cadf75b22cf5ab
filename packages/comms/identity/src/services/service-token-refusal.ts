import { type ParleyError, unauthenticated } from "@parley/core";

const REASON = "SERVICE_TOKEN_INVALID";
const DOMAIN = "parley.identity";

/** UNAUTHENTICATED for a call whose caller did not prove which service it is. */
export function refuseServiceToken(message: string, cause?: unknown): ParleyError {
  const details = [{ type: "error_info", reason: REASON, domain: DOMAIN, metadata: {} }] as const;
  return unauthenticated(message, { cause, details });
}

/** True for an error that refuses a service's token, not a user's. */
export function isServiceTokenRefusal(error: ParleyError): boolean {
  const info = error.code === "UNAUTHENTICATED" ? error.detail("error_info") : undefined;
  return info?.reason === REASON && info.domain === DOMAIN;
}
