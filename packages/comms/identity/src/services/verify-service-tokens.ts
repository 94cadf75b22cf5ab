import { createSecretKey, type KeyObject } from "node:crypto";
import type { Clock } from "@parley/core";
import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from "jose";
import { createTokenCache } from "../token-cache.ts";
import { SERVICE_TOKEN_ALGORITHM } from "./service-token.ts";
import { refuseServiceToken } from "./service-token-refusal.ts";

/**
 * The name of the service that a token proves.
 * @throws ParleyError UNAUTHENTICATED without a token, or for one that does not hold here.
 */
export type ServiceTokenVerifier = (token: string | undefined) => Promise<string>;

export interface ServiceTokenVerifierOptions {
  /** The service that is called: a token must be meant for it. */
  readonly service: string;
  readonly secret: string;
  /** Further secrets that are accepted, while parts move from one to the other. Default none. */
  readonly acceptedSecrets?: readonly string[];
  readonly clock: Clock;
}

/** How far the clocks of two machines may differ. */
const CLOCK_TOLERANCE_SECONDS = 30;
const MAX_TOKEN_LENGTH = 4_096;

/** Each token is checked once a minute; the calls between cost a look into a map. */
export function verifyServiceTokens(options: ServiceTokenVerifierOptions): ServiceTokenVerifier {
  const { service, secret, acceptedSecrets = [], clock } = options;
  const keys = [secret, ...acceptedSecrets].map((text) => createSecretKey(text, "utf8"));
  const cache = createTokenCache<string>(clock);
  return async (token) => {
    if (token === undefined || token === "") throw refuseServiceToken("a service token is needed (x-service-token)");
    const known = cache.get(token);
    if (known !== undefined) return known;
    if (token.length > MAX_TOKEN_LENGTH) throw refuseServiceToken("the service token is not valid");
    try {
      const { sub: caller, exp = 0 } = await verifyWithAny(token, keys, {
        algorithms: [SERVICE_TOKEN_ALGORITHM],
        audience: service,
        requiredClaims: ["sub", "aud", "exp"],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(clock.now()),
      });
      if (typeof caller !== "string" || caller === "") throw new TypeError("the subject must be a text");
      cache.set(token, caller, (exp + CLOCK_TOLERANCE_SECONDS) * 1_000);
      return caller;
    } catch (error) {
      throw refuseServiceToken(describe(error, service), error);
    }
  };
}

/** @throws what jose threw for the last key, or for the one that has signed the token. */
async function verifyWithAny(
  token: string,
  keys: readonly KeyObject[],
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  let failure: unknown;
  for (const key of keys) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      failure = error;
    }
  }
  throw failure;
}

function describe(error: unknown, service: string): string {
  if (error instanceof errors.JWTExpired) return "the service token has expired";
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === "aud") {
    return `the service token is not meant for ${service}`;
  }
  return "the service token is not valid";
}
