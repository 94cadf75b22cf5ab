import type { Random } from "@parley/core";
import { createSeededRandom } from "@parley/core/internal";
import type { Delivery, Envelope, EventTransport, Subscription } from "@parley/transport";

/**
 * A broker in the hands of a test: several logs, and readers that hear them in turns of their own, as instances of a
 * gateway do. It keeps everything, or nothing where `replay` is off.
 */
export interface EventLogs {
  readonly transport: EventTransport;
  /** Adds an event; resolves when it is stored, not when it was heard. */
  publish(topic: string, data: object, attributes?: Partial<Envelope> & { readonly log?: number }): Promise<void>;
  /** Nothing reaches readers meanwhile. */
  pause(): void;
  resume(): void;
  /** Removes all logs; those of the same names count from the beginning. */
  restart(): void;
  /** Where nothing is kept: loses what waits, and tells readers. */
  lose(reason: string): void;
}

interface Stored {
  readonly log: number;
  readonly atMs: number;
  readonly delivery: Omit<Delivery, "signal">;
}

interface Reader {
  readonly subscription: Subscription;
  /** By log, in order. */
  readonly waiting: Map<number, Stored[]>;
  wake(): void;
}

export interface EventLogsOptions {
  readonly logs?: number;
  readonly replay?: boolean;
  readonly now?: () => number;
  readonly random?: Random;
  /** How many turns of the event loop a reader may lag behind another, at most, for each event. Default none. */
  readonly lagTurns?: number;
}

export function createEventLogs(options: EventLogsOptions = {}): EventLogs {
  const { logs = 3, replay = true, now = Date.now, random = createSeededRandom(7), lagTurns = 0 } = options;
  const stored: Stored[] = [];
  const readers = new Set<Reader>();
  let events = 0;
  let paused: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  const offer = ({ subscription, waiting }: Reader, event: Stored): void => {
    if (!subscription.topics.includes(event.delivery.topic)) return;
    waiting.set(event.log, [...(waiting.get(event.log) ?? []), event]);
  };
  const count = ({ waiting }: Reader): number => [...waiting.values()].reduce((sum, list) => sum + list.length, 0);

  const transport: EventTransport = {
    name: "logs",
    capabilities: {
      ordering: "key",
      durable: true,
      retention: replay,
      replay,
      priorities: 1,
      requestReply: false,
      maxDataBytes: 1_048_576,
    },
    publish: async () => {},
    close: async () => {},
    async subscribe(subscription, handler) {
      const { from } = subscription;
      const controller = new AbortController();
      let wakeUp = Promise.withResolvers<void>();
      const reader: Reader = { subscription, waiting: new Map(), wake: () => wakeUp.resolve() };
      if (typeof from === "object") for (const event of stored) if (event.atMs >= from.sinceMs) offer(reader, event);
      readers.add(reader);
      let busy = 0;
      const run = (async () => {
        while (!controller.signal.aborted) {
          const open = [...reader.waiting].filter(([, list]) => list.length > 0);
          const [, list] = open[Math.floor(random.next() * open.length)] ?? [];
          if (paused) await paused.promise;
          else if (!list) {
            await wakeUp.promise;
            wakeUp = Promise.withResolvers();
          } else {
            const [event] = list.splice(0, 1) as [Stored];
            busy = 1;
            for (let turns = random.next() * lagTurns; turns > 1; turns--) await new Promise(setImmediate);
            await handler({ ...event.delivery, signal: controller.signal });
            busy = 0;
          }
        }
      })();
      return {
        lag: async () => count(reader) + busy,
        async close() {
          readers.delete(reader);
          controller.abort();
          reader.wake();
          paused?.resolve();
          await run;
        },
      };
    },
  };

  return {
    transport,
    async publish(topic, data, { log = Math.floor(random.next() * logs), ...attributes } = {}) {
      const offset = BigInt(events++);
      const envelope: Envelope = {
        id: `event-${offset}`,
        source: "/test",
        type: topic,
        timeMs: now(),
        contentType: "application/json",
        extensions: {},
        data: new TextEncoder().encode(JSON.stringify(data)),
        ...attributes,
      };
      const position = replay ? { log: `log ${log}`, offset } : undefined;
      const event: Stored = { log, atMs: now(), delivery: { topic, envelope, attempt: 1, position } };
      if (replay) stored.push(event);
      for (const reader of readers) {
        offer(reader, event);
        reader.wake();
      }
    },
    pause() {
      paused ??= Promise.withResolvers<void>();
    },
    resume() {
      paused?.resolve();
      paused = undefined;
    },
    restart() {
      stored.length = 0;
      events = 0;
    },
    lose(reason) {
      for (const { waiting, subscription } of readers) {
        waiting.clear();
        subscription.onMissed?.(reason);
      }
    },
  };
}
