import type { Principal } from "@parley/core";

/** Who a request is made for. */
export interface Identity {
  readonly principal: Principal;
  readonly tenant: string | undefined;
}

/**
 * Verifies the `Authorization` header.
 * @throws EdgeError 401 without a token; 401 or 403, as configured, for one that does not hold.
 */
export type Authenticate = (authorization: string | undefined) => Promise<Identity>;
