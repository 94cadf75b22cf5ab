import type { Clock } from "@parley/core";

/** Remembers what was verified, so that a client's next request within a minute costs no signature check. */
export interface TokenCache<T> {
  get(token: string): T | undefined;
  /** Keeps a value for a minute at most, and never past `expiresAtMs`. */
  set(token: string, value: T, expiresAtMs: number): void;
}

/** Short, so that keys withdrawn by their owner stop working soon. */
const MAX_AGE_MS = 60_000;
const MAX_ENTRIES = 10_000;
/** In all: a token may have thousands of characters, and what was read from it takes as much again. */
const MAX_CHARACTERS = 8_388_608;

/** The least recently used token goes first. Only tokens that held are kept, so nobody can fill it with made-up ones. */
export function createTokenCache<T>(clock: Clock): TokenCache<T> {
  const entries = new Map<string, { readonly value: T; readonly untilMs: number }>();
  let characters = 0;
  const remove = (token: string): void => {
    if (entries.delete(token)) characters -= token.length;
  };
  return {
    get(token) {
      const entry = entries.get(token);
      if (!entry) return undefined;
      if (entry.untilMs <= clock.now()) {
        remove(token);
        return undefined;
      }
      entries.delete(token); // and back at the end, as the one used last
      entries.set(token, entry);
      return entry.value;
    },
    set(token, value, expiresAtMs) {
      remove(token);
      characters += token.length;
      for (const oldest of entries.keys()) {
        if (entries.size < MAX_ENTRIES && characters <= MAX_CHARACTERS) break;
        remove(oldest);
      }
      entries.set(token, { value, untilMs: Math.min(clock.now() + MAX_AGE_MS, expiresAtMs) });
    },
  };
}
