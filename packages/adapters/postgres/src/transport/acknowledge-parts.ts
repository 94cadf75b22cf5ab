import type { Backoff } from "@parley/core";
import { backoffDelayMs } from "@parley/core/internal";
import { detachContext } from "../outside-of-calls.ts";
import type { Acknowledgement, Group } from "./group.ts";
import type { HeldParts } from "./hold-parts.ts";
import type { ResolvedTransportOptions } from "./options.ts";
import { type Part, partId } from "./part.ts";
import { createWakeUp } from "./wake-up.ts";

/** Tells the database what was handled, and gives back the parts that leave. */
export interface Acknowledger {
  start(): void;
  /** Something was handled, or a part leaves. */
  wake(): void;
  /** Tells at once. Rejects when the database cannot be reached. */
  acknowledge(): Promise<void>;
  stop(): Promise<void>;
}

export interface AcknowledgerOptions {
  readonly options: Pick<ResolvedTransportOptions, "clock" | "logger" | "random">;
  readonly group: Group;
  readonly parts: HeldParts;
  /** The group's, for the log. */
  readonly name: string;
  readonly onAcknowledged: () => void;
  readonly onGivenBack: () => void;
}

/** Handled events are gathered for this long before they are acknowledged together. */
const PAUSE_MS = 5;
/** Places of parts that stand still are moved on so often, that they hold up neither lag nor clean-up. */
const IDLE_MS = 30_000;
const BACKOFF: Backoff = { initialMs: 100, maxMs: 5_000, multiplier: 2, jitter: "equal" };
/** Beyond so many the rest is handled again when the part gets another owner: acknowledgements stay small. */
const MAX_TOLD_AHEAD = 500;

export function createAcknowledger(given: AcknowledgerOptions): Acknowledger {
  const { group, parts, name, onAcknowledged, onGivenBack } = given;
  const { clock, logger, random } = given.options;
  const alarm = createWakeUp(clock);
  const resting = createWakeUp(clock);
  let last: Promise<unknown> = Promise.resolve();
  let looping: Promise<void> | undefined;
  let stopped = false;

  const tell = async (): Promise<void> => {
    const moved = [...parts.all.values()].filter((part) => part.progress.version > part.acknowledged);
    if (moved.length === 0) return;
    const versions = moved.map(({ progress }) => progress.version);
    const accepted = new Set((await group.acknowledge(moved.map(toAcknowledgement))).map(partId));
    moved.forEach((part, index) => {
      part.acknowledged = versions[index] ?? part.acknowledged;
    });
    parts.lose(moved.filter((part) => !accepted.has(partId(part))));
    onAcknowledged();
  };

  /** One after the other, so that an older place never overwrites a newer one. */
  const acknowledge = (): Promise<void> => {
    const next = last.then(tell);
    last = next.catch(() => {});
    return next;
  };

  const releaseBuffer = async (): Promise<void> => {
    const left = [...parts.all.values()].filter(
      ({ state, tasks, progress, acknowledged }) =>
        state === "leaving" && tasks === 0 && progress.version === acknowledged,
    );
    if (left.length === 0) return;
    await group.release(left);
    parts.forget(left);
    onGivenBack();
  };

  const loop = async (): Promise<void> => {
    for (let failures = 0; !stopped; ) {
      await alarm.wait(IDLE_MS);
      if (stopped) return;
      try {
        await acknowledge();
        await releaseBuffer();
        failures = 0;
        await resting.wait(PAUSE_MS);
      } catch (error) {
        failures += 1;
        logger.debug({ err: error, group: name }, "events cannot be acknowledged yet");
        alarm.wake();
        await resting.wait(backoffDelayMs(BACKOFF, failures, random));
      }
    }
  };

  return {
    start() {
      looping ??= detachContext(loop);
    },
    wake: alarm.wake,
    acknowledge,
    async stop() {
      stopped = true;
      alarm.wake();
      resting.wake();
      await looping;
    },
  };
}

function toAcknowledgement({ topic, part, generation, progress }: Part): Acknowledgement {
  return { topic, part, generation, position: progress.handled, ahead: progress.ahead(MAX_TOLD_AHEAD) };
}
