import { type Clock, type Executor, type Logger, noopLogger, systemClock, type Transaction } from "@parley/core";
import { detachContext } from "./outside-of-calls.ts";

/** Tells other processes that there is something to look for. */
export interface Notifier {
  /** Soon sends a notification. Never rejects: who does not hear it finds out at its next poll. */
  notify(payload: string): void;
  /** The same once a transaction has committed; at once for any other executor. */
  notifyAfter(executor: Executor, payload: string): void;
}

export interface NotifierOptions {
  readonly channel: string;
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
}

/**
 * A NOTIFY locks the whole database when it commits, so it never stands in the transaction that it tells of, and at
 * most one is sent in this time, for all that happened in it.
 */
const PAUSE_MS = 10;

export function createNotifier(executor: Executor, options: NotifierOptions): Notifier {
  const { channel, clock = systemClock, logger = noopLogger } = options;
  const pending = new Set<string>();
  let resting = false;

  const send = async (): Promise<void> => {
    const payloads = [...pending];
    pending.clear();
    const text = "SELECT pg_notify($1, p) FROM unnest($2::text[]) AS p";
    await executor.query(text, [channel, payloads]).catch((error: unknown) => {
      logger.debug({ err: error, channel }, "a notification was not sent");
    });
  };

  const rest = (): void => {
    resting = true;
    clock
      .setTimer(PAUSE_MS, () => {
        resting = false;
        if (pending.size > 0) sendThenRest();
      })
      .unref();
  };

  const sendThenRest = (): void => {
    resting = true;
    void detachContext(send).then(rest);
  };

  const notify = (payload: string): void => {
    pending.add(payload);
    if (!resting) sendThenRest();
  };

  return {
    notify,
    notifyAfter(on, payload) {
      if (isTransaction(on)) on.afterCommit(() => notify(payload));
      else notify(payload);
    },
  };
}

function isTransaction(executor: Executor): executor is Transaction {
  return "afterCommit" in executor;
}
