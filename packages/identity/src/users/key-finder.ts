import { type Clock, ParleyError } from "@parley/core";
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import type { FetchKeySet } from "./jwt-options.ts";

/** How old a key set may grow before it is fetched again, behind the requests that go on with the old one. */
const FRESH_MS = 600_000;
/** At most one fetch in this time, however many unknown key ids or failures there are. */
const COOLDOWN_MS = 30_000;
/** The same while no keys are known at all: nothing can be verified, and whoever issues tokens may just be starting. */
const COLD_COOLDOWN_MS = 1_000;
const FETCH_TIMEOUT_MS = 5_000;

export interface KeyFinderOptions {
  readonly fetch: FetchKeySet;
  readonly clock: Clock;
}

/**
 * Finds the key of a token, with two promises: while the source is down the keys known so far keep serving, and a token
 * with a made-up key id does not cause a fetch of its own. Who rotates keys publishes the next one at least
 * the cooldown of 30 s before signing with it.
 *
 * @throws (from the returned function) ParleyError UNAVAILABLE if no key set could be fetched yet.
 */
export function createKeyFinder({ fetch, clock }: KeyFinderOptions): JWTVerifyGetKey {
  let keys: { readonly find: JWTVerifyGetKey; readonly atMs: number } | undefined;
  let triedAtMs = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;
  let failure: unknown;

  const refresh = (): Promise<void> => {
    if (running) return running;
    if (clock.now() - triedAtMs < (keys ? COOLDOWN_MS : COLD_COOLDOWN_MS)) return Promise.resolve();
    triedAtMs = clock.now();
    running = fetchWithin(fetch, clock)
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
    if (!keys) {
      throw new ParleyError("UNAVAILABLE", "the keys that tokens are verified with cannot be fetched", {
        cause: failure,
      });
    }
    try {
      return await keys.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await refresh(); // the keys may have been rotated
      return keys.find(header, token);
    }
  };
}

/** A source that never answers fails after a while, whether or not it listens to its signal. */
async function fetchWithin(fetch: FetchKeySet, clock: Clock): Promise<JSONWebKeySet> {
  const controller = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = clock.setTimer(FETCH_TIMEOUT_MS, () => {
    const error = new Error(`no key set after ${FETCH_TIMEOUT_MS} ms`);
    controller.abort(error);
    reject(error);
  });
  try {
    return (await Promise.race([fetch({ signal: controller.signal }), late])) as unknown as JSONWebKeySet;
  } finally {
    timer.cancel();
  }
}
