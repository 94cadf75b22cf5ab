import type { Principal } from "@parley/core";

/** Who a request is made for. */
export interface Identity {
  readonly principal: Principal;
  readonly tenant: string | undefined;
}

/**
 * Verifies an `Authorization` header.
 * @throws ParleyError UNAUTHENTICATED without a token or for one that does not hold (see `tokenRefusalOf`); UNAVAILABLE while
 * there are no keys to verify it with.
 */
export type Authenticate = (authorization: string | undefined) => Promise<Identity>;
