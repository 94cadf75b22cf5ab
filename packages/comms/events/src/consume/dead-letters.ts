import { PER_SECOND } from "../check-policy.ts";
import { checkNumbers } from "../definition/check-numbers.ts";
import type { DeadLetters } from "../event-bus.ts";
import { type BusParts, required } from "../parts.ts";
import type { DeadLetterFilter, DeadLetterStore } from "../store/dead-letter-store.ts";
import { BLOCKED } from "./bury.ts";
import { keyFilterOf, type Replay } from "./replay.ts";

/** How many letters a drop looks at to find the keys that it frees; a sweep finds those of the rest. */
const KEYS_LOOKED_AT = 1_000;

/** What a person may do with dead letters. */
export function createDeadLetters(parts: BusParts, replay: () => Replay | undefined): DeadLetters {
  const store = (): DeadLetterStore => required(parts.deadLetters, "keeping dead letters", parts.service);
  return {
    list: async (filter = {}) => store().list(filter),
    show: async (id) => (await store().list({ id, limit: 1 }))[0],
    async replay(filter, { perSecond } = {}) {
      checkNumbers("a replay", { perSecond }, { perSecond: PER_SECOND });
      const count = await store().update({ ...filter, state: filter.state ?? "waiting" }, "replaying");
      if (perSecond !== undefined) replay()?.pace(perSecond);
      replay()?.loop.wake();
      return count;
    },
    async drop(filter) {
      const keys = await keysOf(store(), filter);
      const count = await store().update(filter, "drop");
      for (const key of keys) {
        const [head] = await store().list({ ...key, limit: 1 });
        if (head?.reason.code === BLOCKED) await store().update(key, "replaying");
      }
      replay()?.loop.wake();
      return count;
    },
  };
}

async function keysOf(store: DeadLetterStore, filter: DeadLetterFilter): Promise<readonly DeadLetterFilter[]> {
  const letters = await store.list({ ...filter, limit: Math.min(filter.limit ?? KEYS_LOOKED_AT, KEYS_LOOKED_AT) });
  const keys = new Map<string, DeadLetterFilter>();
  for (const letter of letters) {
    const key = keyFilterOf(letter);
    if (key) keys.set(JSON.stringify(key), key);
  }
  return [...keys.values()];
}
