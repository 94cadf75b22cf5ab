import { type Backoff, type Clock, type Logger, type Random, toParleyError } from "@parley/core";
import { backoffDelayMs } from "@parley/core/internal";
import { detachContext } from "./context/detach-context.ts";

export interface LoopOptions {
  /** For the log. */
  readonly name: string;
  /** One turn; answers how long to wait for the next one, unless woken. It ends soon when the signal aborts. */
  readonly turn: (signal: AbortSignal) => Promise<number>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The longest wait after turns that failed. Default 4 s: once what failed is back, work goes on within 5 s. */
  readonly maxBackoffMs?: number;
}

/** Something that is done again and again, by a poll as the truth and by wake-ups for speed. */
export interface Loop {
  /** Begins the next turn at once, or another one after that which runs. Not heard while the loop backs off. */
  wake(): void;
  /** Ends the wait and aborts the turn; resolves when it is over. Idempotent. */
  stop(): Promise<void>;
}

const DEFAULT_MAX_BACKOFF_MS = 4_000;
const FIRST_BACKOFF_MS = 100;

export function createLoop(options: LoopOptions): Loop {
  const { name, turn, clock, random, logger, maxBackoffMs = DEFAULT_MAX_BACKOFF_MS } = options;
  const backoff: Backoff = { initialMs: FIRST_BACKOFF_MS, maxMs: maxBackoffMs, multiplier: 2, jitter: "equal" };
  const controller = new AbortController();
  let woken = false;
  let onWake: (() => void) | undefined;

  const wait = (delayMs: number, hearsWakeUps: boolean): Promise<void> =>
    new Promise((resolve) => {
      if (controller.signal.aborted || (hearsWakeUps && woken)) return resolve();
      const end = (): void => {
        timer.cancel();
        controller.signal.removeEventListener("abort", end);
        onWake = undefined;
        resolve();
      };
      const timer = clock.setTimer(delayMs, end);
      controller.signal.addEventListener("abort", end, { once: true });
      if (hearsWakeUps) onWake = end;
    });

  const run = async (): Promise<void> => {
    let failures = 0;
    while (!controller.signal.aborted) {
      woken = false;
      try {
        const waitMs = await turn(controller.signal);
        failures = 0;
        await wait(waitMs, true);
      } catch (thrown) {
        if (controller.signal.aborted) return;
        failures += 1;
        const retryAfterMs = Math.round(backoffDelayMs(backoff, failures, random));
        const error = toParleyError(thrown);
        const fields = { code: error.code, error: error.message, err: error.cause, failures, retryAfterMs };
        logger[failures === 1 ? "warn" : "debug"](fields, `${name} failed and is tried again`);
        await wait(retryAfterMs, false);
      }
    }
  };
  const over = detachContext(run);

  return {
    wake() {
      woken = true;
      onWake?.();
    },
    async stop() {
      controller.abort();
      await over;
    },
  };
}
