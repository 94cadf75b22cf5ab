import { type Clock, type Logger, ParleyError } from "@parley/core";
import type { FetchKeySet, KeySet } from "./jwt-options.ts";
import { readKeySet, type UsableKeys } from "./usable-keys.ts";
import type { VerificationKeys } from "./verification-keys.ts";

const DEFAULT_FRESH_MS = 600_000;
const DEFAULT_COOLDOWN_MS = 30_000;
/** The cooldown while no keys are known at all: nothing can be verified, and whoever issues tokens may just be starting. */
const COLD_COOLDOWN_MS = 1_000;
const FETCH_TIMEOUT_MS = 5_000;

export interface KeyFinderOptions {
  readonly fetch: FetchKeySet;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Keys that are known already. Default none: they are fetched for the first token. */
  readonly initial?: KeySet | undefined;
  /** How old a key set may grow before it is fetched again, behind the requests that go on with the old one. Default 10 min. */
  readonly freshMs?: number | undefined;
  /** At most one fetch in this time, however many unknown key ids or failures there are. Default 30 s. */
  readonly cooldownMs?: number | undefined;
}

/**
 * Finds the keys of a token, with two promises: while the source is down the keys known so far keep serving, and a token
 * with a made-up key id does not cause a fetch of its own. An issuer that rotates keys publishes the next one
 * a cooldown before signing with it.
 *
 * @throws TypeError if the initial keys are no key set.
 */
export function createKeyFinder(options: KeyFinderOptions): VerificationKeys {
  const { fetch, clock, logger, initial, freshMs = DEFAULT_FRESH_MS, cooldownMs = DEFAULT_COOLDOWN_MS } = options;
  let keys: UsableKeys | undefined;
  let readAtMs = Number.NEGATIVE_INFINITY;
  let triedAtMs = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;
  let failure: unknown;

  const take = (set: KeySet): void => {
    keys = readKeySet(set);
    readAtMs = clock.now();
    for (const problem of keys.problems) logger.warn({}, `of the keys that tokens are verified with, ${problem}`);
    if (failure !== undefined) logger.info({}, "the keys that tokens are verified with can be fetched again");
    failure = undefined;
  };
  const refresh = (): Promise<void> => {
    if (running) return running;
    if (clock.now() - triedAtMs < (keys ? cooldownMs : Math.min(cooldownMs, COLD_COOLDOWN_MS)))
      return Promise.resolve();
    triedAtMs = clock.now();
    running = fetchWithin(fetch, clock)
      .then(take)
      .catch((error: unknown) => {
        // One line for an outage, not one for each attempt to end it.
        if (failure === undefined)
          logger.warn({ err: error }, "the keys that tokens are verified with cannot be fetched");
        failure = error ?? new Error("unknown");
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  if (initial) take(initial);

  return {
    async find(hint) {
      if (!keys) await refresh();
      else if (clock.now() - readAtMs >= freshMs) void refresh();
      if (keys) return keys.find(hint);
      throw new ParleyError("UNAVAILABLE", "the keys that tokens are verified with cannot be fetched", {
        cause: failure,
      });
    },
    async renew(hint, tried) {
      // The key that the token names was tried: a newer set would not help, and made-up signatures must not cause fetches.
      if (hint.kid !== undefined && keys?.hasKid(hint.kid) && tried.length > 0) return [];
      await refresh();
      return keys?.find(hint).filter((key) => !tried.includes(key)) ?? [];
    },
  };
}

/** A source that never answers fails after a while, whether or not it listens to its signal. */
async function fetchWithin(fetch: FetchKeySet, clock: Clock): Promise<KeySet> {
  const controller = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = clock.setTimer(FETCH_TIMEOUT_MS, () => {
    const error = new Error(`no key set after ${FETCH_TIMEOUT_MS} ms`);
    controller.abort(error);
    reject(error);
  });
  try {
    return await Promise.race([fetch({ signal: controller.signal }), late]);
  } finally {
    timer.cancel();
  }
}
