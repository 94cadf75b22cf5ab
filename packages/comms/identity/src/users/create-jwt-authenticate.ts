import type { Clock, Logger } from "@parley/core";
import { createTokenCache } from "../token-cache.ts";
import type { Authenticate, Identity } from "./authenticate.ts";
import { bearerToken } from "./bearer-token.ts";
import { identityOf } from "./identity-of.ts";
import type { JwtOptions } from "./jwt-options.ts";
import { openKeys } from "./open-keys.ts";
import { createRefusalLog } from "./refusal-log.ts";
import { RefusedToken } from "./token-refusal.ts";
import { type TokenRules, verifyToken } from "./verify-token.ts";

interface AuthenticateDeps {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Verifies bearer tokens. The algorithms are pinned by the configuration, never taken from the token, and so are the keys: what
 * a token's header says of keys is ignored, its `kid` aside. A refused token is one log line at `info` that says why.
 *
 * @throws TypeError if the keys cannot be used.
 */
export function createJwtAuthenticate(options: JwtOptions, { clock, logger }: AuthenticateDeps): Authenticate {
  const { issuer, audience, clockToleranceMs = 5_000, expiry = "optional" } = options;
  const rules: TokenRules = { ...openKeys(options, { clock, logger }), issuer, audience, clockToleranceMs, expiry };
  const cache = createTokenCache<Identity>(clock);
  const log = createRefusalLog({ logger, clock });

  const authenticate = async (authorization: string | undefined): Promise<Identity> => {
    const token = bearerToken(authorization);
    const known = cache.get(token);
    if (known) return known;
    const claims = await verifyToken(token, rules, clock.now());
    const identity = identityOf(claims, options);
    cache.set(token, identity, claims.exp === undefined ? Number.POSITIVE_INFINITY : claims.exp * 1_000);
    return identity;
  };
  return async (authorization, bearer = {}) => {
    try {
      return await authenticate(authorization);
    } catch (error) {
      if (!(error instanceof RefusedToken)) throw error; // the keys could not be fetched: not the client's fault
      // A request without a token is an ordinary one, which its own log line shows as 401.
      if (authorization !== undefined && authorization !== "") log(error, bearer);
      throw error.toError();
    }
  };
}
