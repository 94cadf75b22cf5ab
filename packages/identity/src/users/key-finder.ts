import { type Clock, ParleyError } from "@parley/core";
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import type { FetchKeySet } from "./jwt-options.ts";

const DEFAULT_FRESH_MS = 600_000;
const DEFAULT_COOLDOWN_MS = 30_000;
/** The cooldown while no keys are known at all: nothing can be verified, and whoever issues tokens may just be starting. */
const COLD_COOLDOWN_MS = 1_000;
const FETCH_TIMEOUT_MS = 5_000;

export interface KeyFinderOptions {
  readonly fetch: FetchKeySet;
  readonly clock: Clock;
  /** How old a key set may grow before it is fetched again, behind the requests that go on with the old one. Default 10 min. */
  readonly freshMs?: number | undefined;
  /** At most one fetch in this time, however many unknown key ids or failures there are. Default 30 s. */
  readonly cooldownMs?: number | undefined;
}

/**
 * Finds the key of a token, with two promises: while the source is down the keys known so far keep serving, and a token
 * with a made-up key id does not cause a fetch of its own. Who rotates keys publishes the next one
 * a cooldown before signing with it.
 *
 * @throws (from the returned function) ParleyError UNAVAILABLE if no key set could be fetched yet.
 */
export function createKeyFinder(options: KeyFinderOptions): JWTVerifyGetKey {
  const { fetch, clock, freshMs = DEFAULT_FRESH_MS, cooldownMs = DEFAULT_COOLDOWN_MS } = options;
  let keys: { readonly find: JWTVerifyGetKey; readonly atMs: number } | undefined;
  let triedAtMs = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;
  let failure: unknown;

  const refresh = (): Promise<void> => {
    if (running) return running;
    if (clock.now() - triedAtMs < (keys ? cooldownMs : Math.min(cooldownMs, COLD_COOLDOWN_MS)))
      return Promise.resolve();
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
    else if (clock.now() - keys.atMs >= freshMs) void refresh();
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
