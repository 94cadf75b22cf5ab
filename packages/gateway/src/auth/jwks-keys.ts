import { type Clock, ParleyError } from "@parley/core";
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";

/** How old a key set may grow before it is fetched again, behind the requests that go on with the old one. */
const FRESH_MS = 600_000;
/** At most one fetch in this time, however many unknown key ids or failures there are. */
const COOLDOWN_MS = 30_000;
const FETCH_TIMEOUT_MS = 5_000;
const MAX_BYTES = 1_048_576;

/**
 * Keys from a URL, with two promises: while the URL is down the keys known so far keep serving, and a token with a
 * made-up key id does not cause a fetch of its own.
 *
 * @throws (from the returned function) ParleyError UNAVAILABLE if no key set could be fetched yet.
 */
export function createJwksKeys(url: string, clock: Clock): JWTVerifyGetKey {
  let keys: { readonly find: JWTVerifyGetKey; readonly atMs: number } | undefined;
  let triedAtMs = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;
  let failure: unknown;

  const refresh = (): Promise<void> => {
    if (running) return running;
    if (clock.now() - triedAtMs < COOLDOWN_MS) return Promise.resolve();
    triedAtMs = clock.now();
    running = fetchKeySet(url)
      .then((set) => {
        keys = { find: createLocalJWKSet(set), atMs: clock.now() };
        failure = undefined;
      })
      .catch((error: unknown) => {
        failure = error;
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  };

  return async (header, token) => {
    if (!keys) await refresh();
    else if (clock.now() - keys.atMs >= FRESH_MS) void refresh();
    if (!keys) throw new ParleyError("UNAVAILABLE", `the keys at ${url} cannot be fetched`, { cause: failure });
    try {
      return await keys.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await refresh(); // the keys may have been rotated
      return keys.find(header, token);
    }
  };
}

async function fetchKeySet(url: string): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    headers: { accept: "application/jwk-set+json, application/json" },
    redirect: "error",
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const text = await response.text();
  if (text.length > MAX_BYTES) throw new Error(`${url} answered with more than ${MAX_BYTES} bytes`);
  return JSON.parse(text) as JSONWebKeySet;
}
