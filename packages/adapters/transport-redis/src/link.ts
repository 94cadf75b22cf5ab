import { type Clock, type Logger, ParleyError, type Random, sleep } from "@parley/core";
import { abortable, backoffDelayMs } from "@parley/core/internal";
import { RESP_TYPES, RedisClient } from "@redis/client";
import { firstWord, toRedisError } from "./errors.ts";

/** What a command takes and gives; strings come as bytes. */
export type Argument = string | Uint8Array;
export type Reply = Buffer | string | number | null | Reply[];

/** One connection from its opening to its end. Commands go out in the order given. */
export interface Session {
  /** Rejects when the server refuses, and when the session ends: never waits for ever. */
  send(...command: readonly Argument[]): Promise<Reply>;
  /** Aborts when the connection is lost or closed. */
  readonly ended: AbortSignal;
}

/** A connection that is made again without limit. */
export interface Link {
  /** The present session, or the next one. Rejects with the signal's reason. */
  session(signal: AbortSignal): Promise<Session>;
  readonly current: Session | undefined;
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
/** A server that leaves a ping unanswered over two of these is given up, and all that waits on it rejected. */
const PING_EVERY_MS = 2_500;
const BACKOFF = { initialMs: 50, maxMs: 2_000, multiplier: 2, jitter: "equal" } as const;
/** Replies by which a server says that it is no longer, or not yet, the primary. */
const NOT_PRIMARY = new Set(["READONLY", "LOADING", "MASTERDOWN"]);

/**
 * Made once. `createClient` of the library makes a class with its four hundred commands for each client whose options differ from
 * the last one's, as the names of ours do: while the server is away that was most of the memory, and of the machine code.
 */
const newClient = RedisClient.factory({ RESP: 2 });

/**
 * The library's own reconnecting is off: it would keep commands in a queue and send them later, when nobody waits for
 * them any more, or leave the promise of an interrupted blocking read unsettled.
 */
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
        const session = await openSession(url, { ...options, closing: closing.signal });
        failures = 0;
        lastError = undefined;
        current = session;
        wasOpen = true;
        options.onConnection?.("connected");
        next.resolve(session);
        await new Promise<void>((resolve) => session.ended.addEventListener("abort", () => resolve(), { once: true }));
        if (!closing.signal.aborted) {
          lastError = toRedisError(session.ended.reason, "the connection was lost");
          options.onConnection?.("away");
        }
      } catch (error) {
        if (!closing.signal.aborted) lastError = toRedisError(error, `cannot connect to ${new URL(url).host}`);
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
      logger.warn({ link: name, err: lastError, failures }, "no connection to Redis, trying again");
      await sleep(backoffDelayMs(BACKOFF, failures, random), { signal: closing.signal, clock }).catch(() => {});
    }
  }

  const kept = keep();
  return {
    session: (signal) => (current ? Promise.resolve(current) : abortable(next.promise, signal)),
    get current() {
      return current;
    },
    get lastError() {
      return lastError;
    },
    async close() {
      closing.abort(new ParleyError("CANCELLED", "the transport is closed"));
      await kept;
    },
  };
}

async function openSession(
  url: string,
  { name, clock, closing }: LinkOptions & { readonly closing: AbortSignal },
): Promise<Session> {
  const ended = new AbortController();
  const settings = {
    url,
    name: name.replaceAll(/[^\x21-\x7e]/g, "_"),
    RESP: 2,
    socket: { connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: false },
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: "disabled",
    // Without the library's own limit on each command: a signal with a timer for each. Silence ends the whole session, as below.
    commandOptions: { timeout: 0, typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
  } as const;
  // The protocol is read from here too, though the type of the factory's client leaves it out.
  const client = newClient(settings);
  const end = (reason: unknown): void => {
    if (ended.signal.aborted) return;
    ended.abort(reason);
    client.destroy();
  };
  client.on("error", end);
  client.on("end", () => end(new ParleyError("UNAVAILABLE", "Redis closed the connection")));
  const close = (): void => end(closing.reason);
  closing.addEventListener("abort", close, { once: true });
  ended.signal.addEventListener("abort", () => closing.removeEventListener("abort", close), { once: true });
  try {
    closing.throwIfAborted();
    await abortable(client.connect(), AbortSignal.any([ended.signal, AbortSignal.timeout(2 * CONNECT_TIMEOUT_MS)]));
  } catch (error) {
    end(error);
    throw ended.signal.reason ?? error;
  }

  const session: Session = {
    ended: ended.signal,
    async send(...command) {
      try {
        return takeReply((await client.sendCommand(command.map(toArgument))) as Reply);
      } catch (error) {
        // Somewhere else there may be a primary: the address is resolved again.
        if (NOT_PRIMARY.has(firstWord(error))) end(error);
        throw ended.signal.aborted ? ended.signal.reason : error;
      }
    },
  };
  watch(session, { clock, end });
  return session;
}

/** Pings, also behind a blocking read: that is never longer than a few of these. */
function watch(session: Session, { clock, end }: { readonly clock: Clock; end(reason: unknown): void }): void {
  let unanswered = 0;
  const tick = (): void => {
    // One tick of grace: after a blocked event loop the timer fires before the answer, which is there, is read.
    if (unanswered >= 2) return end(new ParleyError("UNAVAILABLE", `Redis is silent for ${2 * PING_EVERY_MS} ms`));
    unanswered += 1;
    if (unanswered === 1) {
      session.send("PING").then(
        () => {
          unanswered = 0;
        },
        () => {},
      );
    }
    timer = clock.setTimer(PING_EVERY_MS, tick).unref();
  };
  let timer = clock.setTimer(PING_EVERY_MS, tick).unref();
  session.ended.addEventListener("abort", () => timer.cancel(), { once: true });
}

/**
 * The library's queue of commands is a list whose members point to the next one when they have left it: V8 keeps them all up
 * to the next full collection, and by the promise of each its reply. So the reply is taken out of what was promised.
 */
function takeReply(reply: Reply): Reply {
  if (!Array.isArray(reply)) return reply;
  const taken = reply.slice();
  reply.length = 0;
  return taken;
}

function toArgument(argument: Argument): string | Buffer {
  if (typeof argument === "string" || Buffer.isBuffer(argument)) return argument;
  return Buffer.from(argument.buffer, argument.byteOffset, argument.byteLength);
}
