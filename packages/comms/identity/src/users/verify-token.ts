import type { KeyObject } from "node:crypto";
import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from "jose";
import { quoted } from "./quoted.ts";
import { RefusedToken } from "./token-refusal.ts";
import type { KeyHint } from "./usable-keys.ts";
import type { VerificationKeys } from "./verification-keys.ts";

/** What a token must be. */
export interface TokenRules {
  readonly keys: VerificationKeys;
  /** Every name of an algorithm that a token may have: those of the configuration, never what the token asks for. */
  readonly algorithms: ReadonlySet<string>;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  readonly clockToleranceMs: number;
  readonly expiry: "required" | "optional";
}

/**
 * The claims of a token whose signature and times hold.
 * @throws RefusedToken that says what does not hold; ParleyError UNAVAILABLE while there are no keys.
 */
export async function verifyToken(token: string, rules: TokenRules, nowMs: number): Promise<JWTPayload> {
  const hint = readHint(token, rules.algorithms);
  const { issuer, audience, clockToleranceMs, expiry } = rules;
  const options: JWTVerifyOptions = {
    algorithms: [hint.alg],
    clockTolerance: clockToleranceMs / 1_000,
    currentDate: new Date(nowMs),
    requiredClaims: expiry === "required" ? ["sub", "exp"] : ["sub"],
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  };
  const found = await rules.keys.find(hint);
  const claims =
    (await tryKeys(token, found, options, rules)) ??
    (await tryKeys(token, await rules.keys.renew(hint, found), options, rules));
  if (claims) return claims;
  if (found.length > 0) {
    const which = found.length === 1 ? "the key that fits" : `any of the ${found.length} keys that fit`;
    throw new RefusedToken("signature", `its signature (${hint.alg}) is not one of ${which}`);
  }
  const named = hint.kid === undefined ? "it names none (no kid)" : `it names ${quoted(hint.kid)}`;
  throw new RefusedToken("unknown-key", `no key of the issuer fits ${hint.alg}; ${named}`);
}

/** Undefined if none of the keys has signed the token. */
async function tryKeys(
  token: string,
  keys: readonly KeyObject[],
  options: JWTVerifyOptions,
  rules: TokenRules,
): Promise<JWTPayload | undefined> {
  for (const key of keys) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw explain(error, rules);
    }
  }
  return undefined;
}

function readHint(token: string, algorithms: ReadonlySet<string>): KeyHint {
  let header: { readonly alg?: unknown; readonly kid?: unknown };
  try {
    header = decodeProtectedHeader(token);
  } catch (error) {
    throw new RefusedToken("malformed", "it is no JSON Web Token", { cause: error });
  }
  const { alg, kid } = header;
  if (typeof alg !== "string" || !algorithms.has(alg)) {
    const admitted = [...algorithms].join(", ");
    throw new RefusedToken("algorithm", `its algorithm is ${quoted(alg)}, and what is admitted is ${admitted}`);
  }
  if (kid !== undefined && typeof kid !== "string") {
    throw new RefusedToken("malformed", `its key id (kid) must be a text, got ${quoted(kid)}`);
  }
  return { alg, kid };
}

function explain(error: unknown, rules: TokenRules): RefusedToken {
  const cause = { cause: error };
  if (error instanceof errors.JWTExpired) {
    return new RefusedToken("expired", `it has expired since ${instant(error.payload.exp)}`, cause);
  }
  if (!(error instanceof errors.JWTClaimValidationFailed)) {
    return new RefusedToken("malformed", `it cannot be verified: ${(error as Error).message}`, cause);
  }
  const { claim, payload, reason } = error;
  const value = reason === "missing" ? "missing" : quoted(payload[claim]);
  switch (claim) {
    case "iss":
      return new RefusedToken("issuer", `its issuer (iss) is ${value}, and must be ${quoted(rules.issuer)}`, cause);
    case "aud":
      return new RefusedToken(
        "audience",
        `its audience (aud) is ${value}, and must hold ${quoted(rules.audience)}`,
        cause,
      );
    case "nbf":
      if (reason !== "check_failed") break;
      return new RefusedToken("not-before", `it is not valid yet: not before ${instant(payload.nbf)}`, cause);
    case "sub":
      return new RefusedToken("subject", `its subject (sub) is ${value}`, cause);
  }
  const demand = reason === "missing" ? "and is demanded" : "and must be a number of seconds";
  return new RefusedToken("claim", `its claim ${claim} is ${value}, ${demand}`, cause);
}

/** A NumericDate (RFC 7519 section 2), which may be any number at all. */
function instant(seconds: number | undefined): string {
  const date = new Date((seconds ?? Number.NaN) * 1_000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString();
}
