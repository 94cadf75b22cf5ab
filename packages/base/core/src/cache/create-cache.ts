import { isParleyError } from "../errors/parley-error.ts";
import { type Clock, systemClock } from "../time/clock.ts";

/** Remembers what was read, for a time. */
export interface Cache<Key, Value> {
  /**
   * The value of a key: the one that is kept, or a fresh one. Those who ask at once share one load, in the context of
   * whoever asked first: what it depends on (who asks, for one) must be part of the key.
   */
  get(key: Key, load: () => Promise<Value>): Promise<Value>;
  /** Forgets a key. A load of it that is under way still answers who waits for it, but is not kept. */
  invalidate(key: Key): void;
  /** Forgets every key that matches, as {@link invalidate} does. */
  invalidateWhere(matches: (key: Key) => boolean): void;
}

export interface CacheOptions<Value> {
  /** The least recently used entry goes first. */
  readonly maxEntries: number;
  /** How long a value is kept: what an invalidation that is lost can cost. */
  readonly ttlMs: number;
  /** Whether a value may be kept. Default every one. */
  readonly keep?: (value: Value) => boolean;
  readonly clock?: Clock;
}

/**
 * A bounded cache in front of a read, with one load per key at a time. Failures are not kept. Who waits for the load of
 * another whose deadline passes, or who goes away, loads anew.
 */
export function createCache<Key extends string | number | bigint, Value>(
  options: CacheOptions<Value>,
): Cache<Key, Value> {
  const { maxEntries, ttlMs, keep = () => true, clock = systemClock } = options;
  if (!Number.isInteger(maxEntries) || maxEntries < 1) {
    throw new TypeError(`maxEntries of a cache must be a whole number from 1 on, got ${maxEntries}`);
  }
  const entries = new Map<Key, { readonly value: Value; readonly untilMs: number }>();
  const loads = new Map<Key, Promise<Value>>();

  const kept = (key: Key): { readonly value: Value } | undefined => {
    const entry = entries.get(key);
    if (!entry) return undefined;
    entries.delete(key);
    if (entry.untilMs <= clock.now()) return undefined;
    entries.set(key, entry);
    return entry;
  };

  const store = (key: Key, value: Value): void => {
    entries.delete(key);
    entries.set(key, { value, untilMs: clock.now() + ttlMs });
    if (entries.size <= maxEntries) return;
    for (const oldest of entries.keys()) {
      entries.delete(oldest);
      return;
    }
  };

  const start = (key: Key, load: () => Promise<Value>): Promise<Value> => {
    const loading = load()
      .then((value) => {
        if (loads.get(key) === loading && keep(value)) store(key, value);
        return value;
      })
      .finally(() => {
        if (loads.get(key) === loading) loads.delete(key);
      });
    loads.set(key, loading);
    return loading;
  };

  const forget = (key: Key): void => {
    entries.delete(key);
    loads.delete(key);
  };

  const get = async (key: Key, load: () => Promise<Value>): Promise<Value> => {
    const entry = kept(key);
    if (entry) return entry.value;
    const shared = loads.get(key);
    if (!shared) return start(key, load);
    try {
      return await shared;
    } catch (error) {
      if (!endedWithItsCaller(error)) throw error;
      return get(key, load);
    }
  };

  return {
    get,
    invalidate: forget,
    invalidateWhere(matches) {
      for (const key of [...entries.keys(), ...loads.keys()]) if (matches(key)) forget(key);
    },
  };
}

/** True for what tells of the caller's limits, not of what was asked for. */
function endedWithItsCaller(error: unknown): boolean {
  return isParleyError(error) && (error.code === "CANCELLED" || error.code === "DEADLINE_EXCEEDED");
}
