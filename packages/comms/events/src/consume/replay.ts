import { type ParleyError, sleep, toParleyError } from "@parley/core";
import { createLoop, type Loop } from "../loop.ts";
import type { BusParts } from "../parts.ts";
import type { DeadLetter, DeadLetterFilter, DeadLetterStore } from "../store/dead-letter-store.ts";
import { BLOCKED } from "./bury.ts";
import { failureReason } from "./failure-reason.ts";
import { isOfSurroundings } from "./failures.ts";
import { HandlerFailure, withoutMark } from "./handler-failure.ts";

/** Handles one letter again, in a transaction that drops it; false if another process has it. */
export type ReplayLetter = (letter: DeadLetter, claim: Claim) => Promise<boolean>;

/** In the transaction of the effects: true if the letter is ours now, and is gone if they commit. */
export type Claim = (tx: Parameters<DeadLetterStore["add"]>[0]) => Promise<boolean>;

export interface Replay {
  readonly loop: Loop;
  /** Until nothing is left to replay. */
  pace(perSecond: number): void;
}

const PAGE = 100;
/** Every so many turns without work, letters are looked for that wait behind nothing any more. */
const TURNS_PER_SWEEP = 10;
const SWEPT = 1_000;

/**
 * Handles again the letters whose replay was asked for: in order of arrival, those of a key strictly one after the
 * other. When a letter is handled, what waits behind it in its key follows by itself; when it fails again, it and all
 * behind it wait once more.
 */
export function createReplay(
  parts: BusParts & { readonly deadLetters: DeadLetterStore },
  replayLetter: (letter: DeadLetter) => ReplayLetter | undefined,
): Replay {
  const { database, deadLetters, clock, random, logger, settings } = parts;
  let perSecond = settings.replayPerSecond;
  let idleTurns = 0;

  async function turn(signal: AbortSignal): Promise<number> {
    let found = 0;
    let after: string | undefined;
    for (;;) {
      const page = await deadLetters.list({ state: "replaying", limit: PAGE, after });
      for (const letter of page) {
        if (signal.aborted) return 0;
        if (!(await handle(letter))) continue;
        found += 1;
        await sleep(1_000 / perSecond, { signal, clock });
      }
      after = page.at(-1)?.id;
      if (page.length < PAGE) break;
    }
    if (found > 0) {
      idleTurns = 0;
      return 0;
    }
    perSecond = settings.replayPerSecond;
    if (idleTurns++ % TURNS_PER_SWEEP === 0) await sweep();
    return settings.replayPollMs;
  }

  /** True if something was done with it. */
  async function handle(letter: DeadLetter): Promise<boolean> {
    const replay = replayLetter(letter);
    if (!replay) {
      logger.warn({ event: letter.topic, group: letter.group, id: letter.id }, "nobody here handles this dead letter");
      await deadLetters.update({ id: letter.id, state: "replaying" }, "waiting");
      return false;
    }
    const key = keyFilterOf(letter);
    if (key) {
      const [head] = await deadLetters.list({ ...key, limit: 1 });
      if (head?.id !== letter.id) return false;
    }
    try {
      return await replay(letter, async (tx) => {
        const dropped = await deadLetters.update({ id: letter.id, state: "replaying" }, "drop", tx);
        if (dropped > 0 && key) await deadLetters.update(key, "replaying", tx);
        return dropped > 0;
      });
    } catch (thrown) {
      // No fault of the letter, and the next one would meet the same: the loop tries again after a while.
      if (!(thrown instanceof HandlerFailure) && isOfSurroundings(toParleyError(thrown))) throw thrown;
      const error = toParleyError(withoutMark(thrown));
      await waitAgain(letter, key, error);
      return true;
    }
  }

  async function waitAgain(letter: DeadLetter, key: DeadLetterFilter | undefined, error: ParleyError): Promise<void> {
    const reason = failureReason(error);
    const { id, topic, group } = letter;
    logger.error({ event: topic, group, id, ...reason, err: error.cause }, "a dead letter failed again");
    await database?.transaction(async (tx) => {
      if (key) await deadLetters.update({ ...key, state: "replaying" }, "waiting", tx);
      await deadLetters.update({ id }, "waiting", tx);
      await deadLetters.failedAgain?.(tx, id, { reason, attempts: 1 });
    });
  }

  /** One that was added behind a letter just as that was handled waits for nobody: nothing else would wake it. */
  async function sweep(): Promise<void> {
    const heads = new Map<string, DeadLetter>();
    for (const letter of await deadLetters.list({ limit: SWEPT })) {
      const line = JSON.stringify([letter.group, letter.topic, letter.envelope.key]);
      if (letter.envelope.key !== undefined && !heads.has(line)) heads.set(line, letter);
    }
    for (const { id, reason, state } of heads.values()) {
      if (reason.code === BLOCKED && state === "waiting") await deadLetters.update({ id }, "replaying");
    }
  }

  return {
    loop: createLoop({ name: "the replay of dead letters", clock, random, logger, turn }),
    pace(asked) {
      perSecond = asked;
    },
  };
}

/** The letters of the same key, in whose order they are handled. */
export function keyFilterOf({ group, topic, envelope }: DeadLetter): DeadLetterFilter | undefined {
  return envelope.key === undefined ? undefined : { group, topic, key: envelope.key };
}
