import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { type Clock, isParleyError, type Logger, type ParleyError } from "@parley/core";
import { errors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from "jose";
import { createTokenCache } from "../token-cache.ts";
import type { Authenticate, Identity } from "./authenticate.ts";
import type { AsymmetricAlgorithm, JwtOptions } from "./jwt-options.ts";
import { createKeyFinder } from "./key-finder.ts";
import { fetchKeySetFrom } from "./key-set-url.ts";
import { refuseToken } from "./token-refusal.ts";

/** What identity providers use; a list of its own may be narrower. */
const KEY_SET_ALGORITHMS: readonly AsymmetricAlgorithm[] = ["RS256", "PS256", "ES256", "ES384", "EdDSA"];
/** RFC 7518 section 3.2: a key for HS256 has at least as many bits as the hash. Less is warned of, not refused. */
const SAFE_SECRET_BYTES = 32;
/** A longer token than any header of ours may carry. */
const MAX_TOKEN_LENGTH = 8_192;

interface AuthenticateDeps {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Verifies bearer tokens. The algorithms are pinned by the configuration, never taken from the token.
 *
 * @throws TypeError if the keys cannot be used.
 */
export function createJwtAuthenticate(options: JwtOptions, { clock, logger }: AuthenticateDeps): Authenticate {
  const { key, algorithms } = resolveKeys(options, { clock, logger });
  const { issuer, audience, clockToleranceMs = 5_000, expiry = "optional" } = options;
  const cache = createTokenCache<Identity>(clock);
  const rules: JWTVerifyOptions = {
    algorithms: [...algorithms],
    clockTolerance: clockToleranceMs / 1_000,
    requiredClaims: expiry === "required" ? ["exp"] : [],
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  };

  return async (authorization) => {
    const token = bearerToken(authorization);
    const known = cache.get(token);
    if (known) return known;
    let claims: JWTPayload;
    try {
      const verifyOptions = { ...rules, currentDate: new Date(clock.now()) };
      claims = (await jwtVerify(token, key as JWTVerifyGetKey, verifyOptions)).payload;
    } catch (error) {
      if (isParleyError(error)) throw error; // the keys could not be fetched: not the client's fault
      throw invalidToken(error);
    }
    const identity = identityOf(claims, options);
    cache.set(token, identity, claims.exp === undefined ? Number.POSITIVE_INFINITY : claims.exp * 1_000);
    return identity;
  };
}

function resolveKeys(options: JwtOptions, { clock, logger }: AuthenticateDeps) {
  if ("secret" in options) {
    const bytes = Buffer.byteLength(options.secret);
    if (bytes < SAFE_SECRET_BYTES) {
      logger.warn({ bytes }, `the secret that tokens are signed with is short: use ${SAFE_SECRET_BYTES} random bytes`);
    }
    return { key: createSecretKey(options.secret, "utf8"), algorithms: ["HS256"] };
  }
  if ("publicKey" in options) return { key: publicKey(options.publicKey), algorithms: [options.algorithm] };
  const algorithms = options.algorithms ?? KEY_SET_ALGORITHMS;
  if ("keySet" in options) {
    const { keySet: fetch, freshMs, cooldownMs } = options;
    return { key: createKeyFinder({ fetch, clock, freshMs, cooldownMs }), algorithms };
  }
  return { key: createKeyFinder({ fetch: fetchKeySetFrom(options.jwksUrl), clock }), algorithms };
}

function publicKey(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (error) {
    throw new TypeError("auth.publicKey must be a public key in PEM", { cause: error });
  }
}

/** RFC 6750 section 2.1; the scheme's name is not case-sensitive (RFC 9110 section 11.1). */
function bearerToken(authorization: string | undefined): string {
  const token = /^bearer +([\w.~+/=-]+) *$/i.exec(authorization ?? "")?.[1];
  if (token !== undefined && token.length <= MAX_TOKEN_LENGTH) return token;
  throw refuseToken("TOKEN_MISSING", "a bearer token is needed");
}

function invalidToken(error: unknown): ParleyError {
  const reason =
    error instanceof errors.JWTExpired
      ? "the token has expired"
      : error instanceof errors.JWTClaimValidationFailed
        ? `the claim ${error.claim} does not hold`
        : "the token is not valid";
  return refuseToken("TOKEN_INVALID", reason, error);
}

function identityOf(claims: JWTPayload, { rolesClaim = "roles", tenantClaim = "tenant_id" }: JwtOptions): Identity {
  const roles = claims[rolesClaim];
  const tenant = claims[tenantClaim];
  return {
    principal: {
      subject: claims.sub ?? "",
      roles: Array.isArray(roles)
        ? roles.filter((role): role is string => typeof role === "string")
        : typeof roles === "string"
          ? roles.split(" ").filter(Boolean)
          : [],
      claims,
    },
    tenant: typeof tenant === "string" ? tenant : undefined,
  };
}
