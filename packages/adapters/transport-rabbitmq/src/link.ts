import { type Clock, type Logger, ParleyError, type Random, sleep } from "@parley/core";
import { abortable, backoffDelayMs } from "@parley/core/internal";
import { type ChannelModel, connect } from "amqplib";
import { toRabbitError } from "./errors.ts";

/** One connection from its opening to its end. */
export interface Session {
  readonly model: ChannelModel;
  /** Aborts when the connection is lost or closed. */
  readonly ended: AbortSignal;
  /** The broker's reason while it takes no messages: `low on memory`, `low on disk`. */
  readonly blockedBy: string | undefined;
  /** Resolves when the broker takes messages again, or the session has ended. */
  unblocked(): Promise<void>;
}

/** A connection that is made again without limit. */
export interface Link {
  /** The present session, or the next one. Rejects with the signal's reason. */
  session(signal: AbortSignal): Promise<Session>;
  /** Why there is no session now; for messages. */
  readonly lastError: ParleyError | undefined;
  close(): Promise<void>;
}

export interface LinkOptions {
  readonly urls: readonly string[];
  readonly name: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  /** Called when the connection opens and when it is lost. */
  readonly onConnection?: ((state: "connected" | "away") => void) | undefined;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** A peer that is silent for two of these is given up; so no frozen broker or half-open connection holds anything longer. */
const HEARTBEAT_S = 5;
const BACKOFF = { initialMs: 100, maxMs: 2_000, multiplier: 2, jitter: "equal" } as const;
const CLOSE_TIMEOUT_MS = 2_000;

export function openLink(options: LinkOptions): Link {
  const { urls, name, logger, clock, random } = options;
  const closing = new AbortController();
  let next = Promise.withResolvers<Session>();
  next.promise.catch(() => {});
  let current: Session | undefined;
  let lastError: ParleyError | undefined;
  let wasOpen = false;

  async function keep(): Promise<void> {
    for (let attempt = 0, failures = 0; !closing.signal.aborted; attempt += 1) {
      const url = urls[attempt % urls.length] as string;
      try {
        const session = await openSession(url, name, closing.signal);
        failures = 0;
        lastError = undefined;
        current = session;
        wasOpen = true;
        options.onConnection?.("connected");
        next.resolve(session);
        await new Promise<void>((resolve) => session.ended.addEventListener("abort", () => resolve(), { once: true }));
        if (!closing.signal.aborted) {
          lastError = toRabbitError(session.ended.reason, "the connection was lost");
          options.onConnection?.("away");
        }
      } catch (error) {
        if (!closing.signal.aborted) lastError = toRabbitError(error, `cannot connect to ${hostOf(url)}`);
      }
      // A login that was never accepted is a mistake to tell at once; one that was may come to be accepted again.
      const isRefused = !wasOpen && lastError?.code === "PERMISSION_DENIED";
      if (isRefused) next.reject(lastError);
      if (current || isRefused) {
        next = Promise.withResolvers();
        next.promise.catch(() => {});
      }
      current = undefined;
      if (closing.signal.aborted) break;
      failures += 1;
      logger.warn({ link: name, err: lastError, failures }, "no connection to RabbitMQ, trying again");
      await sleep(backoffDelayMs(BACKOFF, failures, random), { signal: closing.signal, clock }).catch(() => {});
    }
  }

  const kept = keep();
  return {
    session: (signal) => (current ? Promise.resolve(current) : abortable(next.promise, signal)),
    get lastError() {
      return lastError;
    },
    async close() {
      closing.abort(new ParleyError("CANCELLED", "the transport is closed"));
      await kept;
    },
  };
}

async function openSession(url: string, name: string, closing: AbortSignal): Promise<Session> {
  const model = await connect(withHeartbeat(url), {
    noDelay: true,
    timeout: CONNECT_TIMEOUT_MS,
    clientProperties: { connection_name: name },
  });
  const ended = new AbortController();
  let failure: unknown;
  let blockedBy: string | undefined;
  let unblocked = Promise.withResolvers<void>();
  model.on("error", (error) => {
    failure = error;
  });
  model.on("blocked", (reason) => {
    blockedBy = reason;
    unblocked = Promise.withResolvers();
  });
  const free = (): void => {
    blockedBy = undefined;
    unblocked.resolve();
  };
  model.on("unblocked", free);
  model.once("close", (error) => {
    free();
    destroySocket(model);
    ended.abort(failure ?? error ?? new ParleyError("UNAVAILABLE", "RabbitMQ closed the connection"));
  });
  const close = (): void => {
    const limit = setTimeout(() => destroySocket(model), CLOSE_TIMEOUT_MS);
    // A connection that is on its way out already says so; the event `close` comes in any case.
    void model
      .close()
      .catch(() => destroySocket(model))
      .finally(() => clearTimeout(limit));
  };
  if (closing.aborted) close();
  else closing.addEventListener("abort", close, { once: true });
  ended.signal.addEventListener("abort", () => closing.removeEventListener("abort", close), { once: true });
  return {
    model,
    ended: ended.signal,
    get blockedBy() {
      return blockedBy;
    },
    unblocked: () => (blockedBy === undefined ? Promise.resolve() : unblocked.promise),
  };
}

/** The library only half-closes: towards a peer that is gone the socket would stay for minutes. */
function destroySocket(model: ChannelModel): void {
  (model.connection as unknown as { readonly stream?: { destroy(): void } }).stream?.destroy();
}

function withHeartbeat(text: string): string {
  const url = new URL(text);
  if (!url.searchParams.has("heartbeat")) url.searchParams.set("heartbeat", String(HEARTBEAT_S));
  return url.href;
}

function hostOf(url: string): string {
  return new URL(url).host;
}
