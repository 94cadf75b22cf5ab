import { createLoop, type Loop } from "../loop.ts";
import type { BusParts } from "../parts.ts";
import type { InboxStore } from "../store/inbox-store.ts";

/** Records removed with one statement: short enough to disturb nobody. */
const FORGOTTEN_TOGETHER = 1_000;

/** Removes records of events that no broker keeps any more. */
export function createCleanUp(parts: BusParts, inbox: InboxStore): Loop {
  const { settings, clock, random, logger } = parts;
  return createLoop({
    name: "the clean-up of the inbox",
    clock,
    random,
    logger,
    maxBackoffMs: settings.cleanUpMs,
    async turn() {
      const forgotten = await inbox.forget(clock.now() - settings.inboxRetentionMs, FORGOTTEN_TOGETHER);
      return forgotten === FORGOTTEN_TOGETHER ? 0 : settings.cleanUpMs;
    },
  });
}
