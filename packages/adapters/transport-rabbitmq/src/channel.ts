import { type Clock, type Logger, ParleyError, type Random, sleep } from "@parley/core";
import { abortable, backoffDelayMs, settleWithin, timeLimit } from "@parley/core/internal";
import type { ConfirmChannel } from "amqplib";
import { isLasting, toRabbitError } from "./errors.ts";
import type { Link, Session } from "./link.ts";

/**
 * One channel from its opening to its end. Delivery tags count per channel: whoever holds a tag holds its generation
 * too, and acknowledges on that one or not at all. A tag of an old channel sent on a new one would close it.
 */
export interface Generation {
  readonly channel: ConfirmChannel;
  readonly session: Session;
  /** Aborts when the channel is gone: what was not settled on it is delivered again. */
  readonly ended: AbortSignal;
}

/** A channel that is opened again, with its set-up, whenever it or its connection is lost. */
export interface KeptChannel {
  /** The present generation, or the next. Rejects with the signal's reason, or with what makes every attempt fail. */
  generation(signal: AbortSignal): Promise<Generation>;
  readonly current: Generation | undefined;
  close(): Promise<void>;
}

export interface KeptChannelOptions {
  readonly link: Link;
  readonly doing: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  /** Declares and consumes; runs on every new channel before anyone gets it. */
  readonly setup: (generation: Generation) => Promise<void>;
}

/** For one channel with all its declarations. A quorum queue without a leader never answers. */
const SETUP_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 2_000;
const BACKOFF = { initialMs: 50, maxMs: 2_000, multiplier: 2, jitter: "equal" } as const;

export function keepChannel({ link, doing, logger, clock, random, setup }: KeptChannelOptions): KeptChannel {
  const closing = new AbortController();
  let next = Promise.withResolvers<Generation>();
  next.promise.catch(() => {});
  let current: Generation | undefined;

  async function keep(): Promise<void> {
    for (let failures = 0; !closing.signal.aborted; ) {
      let failure: ParleyError;
      try {
        const session = await link.session(closing.signal);
        current = await openGeneration(session, { setup, clock, doing, closing: closing.signal });
        failures = 0;
        next.resolve(current);
        await abortable(endOf(current.ended), closing.signal);
        failure = toRabbitError(current.ended.reason, doing);
      } catch (error) {
        failure = toRabbitError(error, doing);
        if (!current && isLasting(failure)) next.reject(failure);
      }
      if (closing.signal.aborted) break;
      if (current || isLasting(failure)) {
        next = Promise.withResolvers();
        next.promise.catch(() => {});
      }
      current = undefined;
      failures += 1;
      logger.warn({ err: failure, failures }, `${doing}: the channel is gone, opening it again`);
      await sleep(backoffDelayMs(BACKOFF, failures, random), { signal: closing.signal, clock }).catch(() => {});
    }
  }

  const kept = keep();
  return {
    generation: (signal) => (current ? Promise.resolve(current) : abortable(next.promise, signal)),
    get current() {
      return current;
    },
    async close() {
      closing.abort();
      await kept;
      if (current && !current.ended.aborted) {
        // What waits to be written goes first. Towards a broker that is gone the connection's end settles the wait.
        const closed = Promise.race([current.channel.close().catch(() => {}), endOf(current.ended)]);
        await settleWithin(closed, CLOSE_TIMEOUT_MS, clock);
      }
    },
  };
}

interface Opening extends Pick<KeptChannelOptions, "setup" | "clock" | "doing"> {
  readonly closing: AbortSignal;
}

async function openGeneration(session: Session, { setup, clock, doing, closing }: Opening): Promise<Generation> {
  const channel = await session.model.createConfirmChannel();
  const ended = new AbortController();
  let failure: unknown;
  channel.on("error", (error) => {
    failure = error;
  });
  channel.once("close", () => ended.abort(failure ?? session.ended.reason ?? new Error("the channel was closed")));
  const generation = { channel, session, ended: ended.signal };
  const limit = timeLimit(SETUP_TIMEOUT_MS, { clock, signal: closing });
  try {
    await abortable(setup(generation), limit.signal);
  } catch (error) {
    // It may wait behind an answer that never comes; then it goes with its connection.
    void channel.close().catch(() => {});
    if (failure === undefined && limit.signal.aborted) {
      throw new ParleyError("UNAVAILABLE", `RabbitMQ: ${doing}: no answer; has a queue lost its leader?`, {
        cause: error,
      });
    }
    throw failure ?? error;
  } finally {
    limit.release();
  }
  return generation;
}

function endOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
