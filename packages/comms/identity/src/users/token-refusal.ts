import { type ParleyError, unauthenticated } from "@parley/core";

/** Why a token was refused: it was not there, or it does not hold. */
export type TokenRefusal = "TOKEN_MISSING" | "TOKEN_INVALID";

/** What does not hold about a token: the `reason` of its log line. */
export type RefusalReason =
  /** The header holds no token, or nothing that can be one. */
  | "no-token"
  | "malformed"
  /** The token names an algorithm that the configuration does not admit. */
  | "algorithm"
  /** No key of the issuer fits. */
  | "unknown-key"
  | "signature"
  | "expired"
  | "not-before"
  | "issuer"
  | "audience"
  | "subject"
  | "tenant"
  /** Any other claim. */
  | "claim";

/** Internal: a token that was refused, and why. Its message is for the operator's log alone and never holds the token. */
export class RefusedToken extends Error {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }

  /** The error as the client sees it, which says less: what the token lacks is the operator's to know. */
  toError(): ParleyError {
    if (this.reason === "no-token") return refuseToken("TOKEN_MISSING", "a bearer token is needed", this);
    return refuseToken("TOKEN_INVALID", CLIENT_MESSAGES[this.reason] ?? "the token is not valid", this);
  }
}

const CLIENT_MESSAGES: Partial<Readonly<Record<RefusalReason, string>>> = {
  expired: "the token has expired",
  "not-before": "the token is not valid yet",
  issuer: "the claim iss does not hold",
  audience: "the claim aud does not hold",
  subject: "the claim sub does not hold",
};

const DOMAIN = "parley.identity";

/** UNAUTHENTICATED with its reason as `google.rpc.ErrorInfo`, so that a door can answer as its protocol wants it. */
function refuseToken(reason: TokenRefusal, message: string, cause?: unknown): ParleyError {
  return unauthenticated(message, { cause, details: [{ type: "error_info", reason, domain: DOMAIN, metadata: {} }] });
}

/** The reason of an error that refuses a user's token; undefined for any other error. */
export function tokenRefusalOf(error: ParleyError): TokenRefusal | undefined {
  const info = error.code === "UNAUTHENTICATED" ? error.detail("error_info") : undefined;
  if (info?.domain !== DOMAIN) return undefined;
  return info.reason === "TOKEN_MISSING" || info.reason === "TOKEN_INVALID" ? info.reason : undefined;
}
