import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Clock, Logger } from "@parley/core";
import { secretProblem } from "../secrets.ts";
import { algorithmNames, isKeyFor, KEY_SET_ALGORITHMS } from "./algorithms.ts";
import type { JwtKeys } from "./jwt-options.ts";
import { createKeyFinder } from "./key-finder.ts";
import { openKeySetUrl, pathOf } from "./key-set-url.ts";
import { weaknessOf } from "./usable-keys.ts";
import { fixedKeys, type VerificationKeys } from "./verification-keys.ts";

/** RFC 7518 section 3.2: a key for HS256 has at least as many bits as the hash. Less is warned of here, and refused by `parley` in production. */
const SAFE_SECRET_BYTES = 32;

export interface OpenKeysDeps {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The keys that a configuration names, and the algorithms that they serve for.
 * @throws TypeError if the keys cannot be used.
 */
export function openKeys(
  source: JwtKeys,
  { clock, logger }: OpenKeysDeps,
): { readonly keys: VerificationKeys; readonly algorithms: ReadonlySet<string> } {
  if ("secret" in source) {
    const { secret, acceptedSecrets = [] } = source;
    const keys = [secret, ...acceptedSecrets].map((text) => secretKey(text, logger));
    return { keys: fixedKeys(keys), algorithms: new Set(["HS256"]) };
  }
  if ("publicKey" in source) {
    const { publicKey: text, algorithm } = source;
    return { keys: fixedKeys([publicKey(text, algorithm)]), algorithms: algorithmNames([algorithm]) };
  }
  const algorithms = algorithmNames(source.algorithms ?? KEY_SET_ALGORITHMS);
  if ("keySet" in source) {
    const { keySet: fetch, freshMs, cooldownMs } = source;
    return { keys: createKeyFinder({ fetch, clock, logger, freshMs, cooldownMs }), algorithms };
  }
  return { keys: createKeyFinder({ ...openKeySetUrl(source.jwksUrl), clock, logger }), algorithms };
}

function secretKey(secret: string, logger: Logger): KeyObject {
  const problem = secretProblem(secret);
  if (problem !== undefined) throw new TypeError(`the secret that tokens are signed with ${problem}`);
  const bytes = Buffer.byteLength(secret);
  if (bytes < SAFE_SECRET_BYTES) {
    logger.warn({ bytes }, `the secret that tokens are signed with is short: use ${SAFE_SECRET_BYTES} random bytes`);
  }
  return createSecretKey(secret, "utf8");
}

function publicKey(source: string, algorithm: string): KeyObject {
  const pem = /^file:/i.test(source) ? readFileSync(pathOf(source, "publicKey"), "utf8") : source;
  if (pem.includes("PRIVATE KEY-----")) {
    throw new TypeError("publicKey is a private key: what verifies tokens needs the public half alone");
  }
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (error) {
    throw new TypeError("auth.publicKey must be a public key in PEM, or the file: URL of one", { cause: error });
  }
  if (!isKeyFor(algorithm, key.export({ format: "jwk" }))) {
    throw new TypeError(
      `publicKey is a key of the type ${key.asymmetricKeyType}, which does not serve for ${algorithm}`,
    );
  }
  const problem = weaknessOf(key);
  if (problem !== undefined) throw new TypeError(`publicKey is too weak: ${problem}`);
  return key;
}
