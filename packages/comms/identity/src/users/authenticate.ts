import type { Principal } from "@parley/core";

/** Who a request is made for. */
export interface Identity {
  readonly principal: Principal;
  readonly tenant: string | undefined;
}

/** The request that carries a token, as the log line of a refusal names it. */
export interface TokenBearer {
  readonly requestId?: string | undefined;
  /** The client's address. */
  readonly peer?: string | undefined;
}

/**
 * Verifies an `Authorization` header: `Bearer <token>`, or the bare token.
 * @throws ParleyError UNAUTHENTICATED without a token or for one that does not hold (see `tokenRefusalOf`); UNAVAILABLE while
 * there are no keys to verify it with.
 */
export type Authenticate = (authorization: string | undefined, bearer?: TokenBearer) => Promise<Identity>;
