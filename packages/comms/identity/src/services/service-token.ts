import { createSecretKey } from "node:crypto";
import type { Clock } from "@parley/core";
import { SignJWT } from "jose";

/** How long a token that a service makes for itself holds: short, because it travels with every call. */
export const SERVICE_TOKEN_TTL_MS = 300_000;

/** What a service token says. */
export interface ServiceTokenClaims {
  /** The service that shows it (`sub`). */
  readonly service: string;
  /** The services it is meant for (`aud`); no other accepts it. */
  readonly audience: readonly string[];
  /** Default {@link SERVICE_TOKEN_TTL_MS}. */
  readonly ttlMs?: number;
}

/** The algorithm of service tokens: all parts of a system share one secret. */
export const SERVICE_TOKEN_ALGORITHM = "HS256";

/** Signs a service token: a JWT with `sub`, `aud`, `iat` and `exp`. */
export function signServiceToken(
  { service, audience, ttlMs = SERVICE_TOKEN_TTL_MS }: ServiceTokenClaims,
  { secret, clock }: { readonly secret: string; readonly clock: Clock },
): Promise<string> {
  const nowSeconds = Math.floor(clock.now() / 1_000);
  return new SignJWT()
    .setProtectedHeader({ alg: SERVICE_TOKEN_ALGORITHM })
    .setSubject(service)
    .setAudience([...audience])
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + Math.ceil(ttlMs / 1_000))
    .sign(createSecretKey(secret, "utf8"));
}
