import type { Clock } from "@parley/core";
import {
  attempt,
  type DeliveryHandler,
  type KeyedExecutor,
  type Outcome,
  type Subscription,
  type TaskEnd,
} from "@parley/transport";
import { storedAtMs } from "./ack-subject.ts";
import { decodeEnvelope } from "./envelope-headers.ts";
import type { Pulled } from "./pull.ts";
import { createSettledMemory } from "./settled-memory.ts";

/** What one member has of one topic and has not settled. */
export interface Deliveries {
  readonly size: number;
  /** Counts what was settled; only its change matters. */
  readonly settled: number;
  /** Hands it to a handler when its turn comes, or holds it until {@link runHeld}. */
  take(pulled: Pulled, how: "run" | "hold"): void;
  /** Runs what is held, in the order of the stream. */
  runHeld(): void;
  /** Gives back what no handler has begun. */
  giveBackWaiting(): void;
  /** Tells the broker that they are being worked on. Returns whether some were lost, because that was not told in time. */
  renew(isConnected: boolean): boolean;
  /** Acknowledges the latest ones once more, since that may have been lost; the broker passes over what it knows. */
  acknowledgeAgain(): void;
  /** Forgets them: their numbers mean other events now. */
  forgetSettled(): void;
  /** Gives back from now on whatever still comes. */
  close(): void;
  /** Aborts the handlers that run. */
  abort(): void;
  /** Gives back what was aborted. Not before requests have ended: it would come straight back. */
  giveBackAborted(): void;
}

export interface DeliveriesSettings {
  readonly topic: string;
  readonly subscription: Subscription;
  readonly executor: KeyedExecutor;
  readonly handler: DeliveryHandler;
  readonly clock: Clock;
  /** Sends an acknowledgement, of whichever kind. */
  readonly send: (reply: string, payload: string) => void;
  readonly onSettled: () => void;
}

interface Entry {
  readonly pulled: Pulled;
  /** Where its acknowledgement goes; another one when the broker has sent it again. */
  reply: string;
  renewedAtMs: number;
  retries: number;
  /** The broker was told to deliver it again. */
  isGivenBack: boolean;
  /** Gives up its place in the line; a handler that runs goes on. */
  readonly leaving: AbortController;
  /** Nothing counts any more. */
  readonly lost: AbortController;
}

/** @see https://docs.nats.io/reference/reference-protocols/nats_api_reference (acknowledging messages) */
const ACK = "+ACK";
const IN_PROGRESS = "+WPI";
const NAK = "-NAK";
/** After a handler that took too long. */
const OVERRUN_RETRY_MS = 1_000;

export function createDeliveries(settings: DeliveriesSettings): Deliveries {
  const { topic, subscription, executor, handler, clock, send, onSettled } = settings;
  const { ordering, acknowledgeWithinMs } = subscription;
  const entries = new Map<number, Entry>();
  const held: Entry[] = [];
  const aborted: string[] = [];
  const memory = createSettledMemory();
  let settled = 0;
  let isClosing = false;

  async function run(entry: Entry): Promise<void> {
    const { place, message } = entry.pulled;
    const id = `${place.stream}/${place.streamSequence}`;
    const envelope = decodeEnvelope(topic, message, { id, receivedAtMs: storedAtMs(place) });
    const position = { log: place.stream, offset: BigInt(place.streamSequence) };
    const work = async (): Promise<Outcome> => {
      const delivery = { topic, envelope, position, attempt: place.deliveryCount + entry.retries };
      const options = { lost: entry.lost.signal, limitMs: acknowledgeWithinMs, clock };
      const result = await attempt(handler, delivery, options);
      if (result === "done") return "done";
      entry.retries += 1;
      const retryAfterMs = typeof result === "string" ? OVERRUN_RETRY_MS : result.retryAfterMs;
      // Where order counts it waits here, and its key with it; else the broker keeps it, and there is room for others.
      if (result === "lost" || ordering !== "none") return { retryAfterMs };
      releaseBuffer(entry, retryAfterMs);
      return "done";
    };
    const { signal } = entry.leaving;
    finish(entry, await executor.run(lineOf(topic, ordering, envelope.key), work, { signal }));
  }

  function finish(entry: Entry, how: TaskEnd): void {
    const { place } = entry.pulled;
    if (!entry.lost.signal.aborted && clock.now() - entry.renewedAtMs > acknowledgeWithinMs) lose(entry);
    if (entries.get(place.streamSequence) === entry) entries.delete(place.streamSequence);
    if (!entry.lost.signal.aborted && !entry.isGivenBack) {
      if (how === "done") {
        memory.add(place, entry.reply);
        settled += 1;
        send(entry.reply, ACK);
      } else releaseBuffer(entry, 0);
    }
    onSettled();
  }

  function releaseBuffer(entry: Entry, delayMs: number): void {
    entry.isGivenBack = true;
    settled += 1;
    send(entry.reply, delayMs > 0 ? `${NAK} {"delay":${Math.ceil(delayMs)}000000}` : NAK);
  }

  /** The broker has given it to another member by now, or may at any moment. */
  function lose(entry: Entry): void {
    entries.delete(entry.pulled.place.streamSequence);
    entry.lost.abort();
    entry.leaving.abort();
  }

  return {
    get size() {
      return entries.size;
    },
    get settled() {
      return settled;
    },
    take(pulled, how) {
      const { place, message } = pulled;
      const reply = message.reply ?? "";
      const known = entries.get(place.streamSequence);
      if (known) {
        known.reply = reply;
        known.renewedAtMs = clock.now();
        return;
      }
      if (memory.has(place)) return send(reply, ACK);
      if (isClosing) return send(reply, NAK);
      const [leaving, lost] = [new AbortController(), new AbortController()];
      const entry = { pulled, reply, renewedAtMs: clock.now(), retries: 0, isGivenBack: false, leaving, lost };
      entries.set(place.streamSequence, entry);
      if (how === "hold") held.push(entry);
      else void run(entry);
    },
    runHeld() {
      const inOrder = held.splice(0).sort((a, b) => a.pulled.place.streamSequence - b.pulled.place.streamSequence);
      for (const entry of inOrder) if (!entry.lost.signal.aborted) void run(entry);
    },
    giveBackWaiting() {
      for (const entry of held.splice(0)) {
        if (entry.lost.signal.aborted) continue;
        entries.delete(entry.pulled.place.streamSequence);
        releaseBuffer(entry, 0);
      }
      for (const entry of [...entries.values()]) entry.leaving.abort();
    },
    renew(isConnected) {
      const nowMs = clock.now();
      let hasLost = false;
      for (const entry of [...entries.values()]) {
        if (nowMs - entry.renewedAtMs > acknowledgeWithinMs) {
          lose(entry);
          hasLost = true;
        } else if (isConnected) {
          entry.renewedAtMs = nowMs;
          send(entry.reply, IN_PROGRESS);
        }
      }
      return hasLost;
    },
    acknowledgeAgain() {
      for (const reply of memory.replies()) send(reply, ACK);
    },
    forgetSettled: () => memory.clear(),
    close() {
      isClosing = true;
    },
    abort() {
      isClosing = true;
      for (const entry of [...entries.values()]) {
        aborted.push(entry.reply);
        lose(entry);
      }
    },
    giveBackAborted() {
      for (const reply of aborted.splice(0)) send(reply, NAK);
    },
  };
}

/** Events of one line go one after the other. */
export function lineOf(topic: string, ordering: Subscription["ordering"], key: string | undefined): string | undefined {
  if (ordering === "topic") return topic;
  return ordering === "key" && key !== undefined ? `${topic} ${key}` : undefined;
}
