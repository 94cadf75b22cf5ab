import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { canonicalAlgorithm, isKeyFor } from "./algorithms.ts";
import type { KeySet } from "./jwt-options.ts";

/** What a token's header says of the key that it was signed with. Anything else in it, `jwk`, `jku` and `x5u` above all, is ignored. */
export interface KeyHint {
  readonly alg: string;
  readonly kid: string | undefined;
}

/** The keys of one key set that can verify signatures. */
export interface UsableKeys {
  /** The keys that may have signed a token, likeliest first; each is tried, so there are at most {@link MAX_TRIED_KEYS}. */
  find(hint: KeyHint): readonly KeyObject[];
  /** Whether a key of the set has this `kid`. */
  hasKid(kid: string): boolean;
  /** Keys of the set that cannot be used, one sentence each. */
  readonly problems: readonly string[];
}

/** Each try is a verification of a signature, which a made-up token must not buy in any number. */
export const MAX_TRIED_KEYS = 16;
/** Identity providers publish a handful; more than this is a mistake or an attack. */
const MAX_KEYS = 256;
const MIN_RSA_BITS = 2_048;

interface UsableKey {
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly key: KeyObject;
}

/**
 * Reads a key set. A key that cannot be used does not stand in the way of the others.
 * @throws TypeError if it is no key set.
 */
export function readKeySet(set: KeySet): UsableKeys {
  if (typeof set !== "object" || set === null || !Array.isArray(set.keys)) {
    throw new TypeError('a JSON Web Key Set is an object with a list "keys"');
  }
  const problems: string[] = [];
  if (set.keys.length > MAX_KEYS) problems.push(`only the first ${MAX_KEYS} of ${set.keys.length} keys are used`);
  const keys: UsableKey[] = [];
  for (const [index, jwk] of set.keys.slice(0, MAX_KEYS).entries()) {
    try {
      keys.push({ jwk, key: publicKeyOf(jwk) });
    } catch (error) {
      problems.push(`key ${index} cannot be used: ${(error as Error).message}`);
    }
  }
  return {
    problems,
    hasKid: (kid) => keys.some(({ jwk }) => jwk.kid === kid),
    find({ alg, kid }) {
      const fitting = keys.filter(({ jwk }) => fits(jwk, alg));
      if (kid === undefined) return tried(fitting);
      const named = fitting.filter(({ jwk }) => jwk.kid === kid);
      // RFC 7517 section 4.5: `kid` is optional, so a key without one may be the key that is meant.
      return tried(named.length > 0 ? named : fitting.filter(({ jwk }) => jwk.kid === undefined));
    },
  };
}

function tried(keys: readonly UsableKey[]): readonly KeyObject[] {
  return keys.slice(0, MAX_TRIED_KEYS).map(({ key }) => key);
}

function publicKeyOf(jwk: Readonly<Record<string, unknown>>): KeyObject {
  if (typeof jwk !== "object" || jwk === null) throw new TypeError("it is no object");
  if (jwk.d !== undefined) throw new TypeError("it is a private key, which must never be published");
  const key = createPublicKey({ key: jwk as JsonWebKey, format: "jwk" });
  const problem = weaknessOf(key);
  if (problem !== undefined) throw new TypeError(problem);
  return key;
}

/** RFC 7518 section 3.3; undefined for a key that is strong enough. */
export function weaknessOf(key: KeyObject): string | undefined {
  const bits = key.asymmetricKeyDetails?.modulusLength;
  return bits !== undefined && bits < MIN_RSA_BITS ? `RSA needs ${MIN_RSA_BITS} bits, got ${bits}` : undefined;
}

/** RFC 7517 sections 4.1 to 4.4. */
function fits(jwk: UsableKey["jwk"], alg: string): boolean {
  if (!isKeyFor(alg, jwk)) return false;
  if (jwk.use !== undefined && jwk.use !== "sig") return false;
  if (Array.isArray(jwk.key_ops) && !jwk.key_ops.includes("verify")) return false;
  return typeof jwk.alg !== "string" || canonicalAlgorithm(jwk.alg) === canonicalAlgorithm(alg);
}
