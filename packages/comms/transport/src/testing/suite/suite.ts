import { randomUUID } from "node:crypto";
import { isParleyError, type ParleyError } from "@parley/core";
import { expect, vi } from "vitest";
import type { Envelope } from "../../envelope/envelope.ts";
import type {
  Consumer,
  Delivery,
  DeliveryHandler,
  EventTransport,
  Outcome,
  Subscription,
  TopicSpec,
} from "../../event-transport.ts";
import type { TransportHarness } from "../transport-harness.ts";

/** What the tests of all topics share. */
export interface Suite {
  readonly harness: TransportHarness;
  /** How long something that must happen may take. */
  readonly patienceMs: number;
}

/** One test's own topic, group and transports. */
export interface Scene {
  readonly topic: string;
  readonly group: string;
  /** The first transport. */
  readonly transport: EventTransport;
  /** One more, as in another process. */
  connect(): Promise<EventTransport>;
  subscribe(options?: SubscribeOptions): Promise<Consumer>;
  publish(...envelopes: readonly Envelope[]): Promise<void>;
  event(options?: Partial<Envelope>): Envelope;
  /** Waits until the check passes, as long as the suite is patient. */
  eventually(check: () => void | Promise<void>): Promise<void>;
}

export interface SubscribeOptions extends Partial<Omit<Subscription, "group">> {
  readonly group?: string | null;
  readonly transport?: EventTransport;
  readonly handler?: DeliveryHandler;
}

const DAY_MS = 86_400_000;
const handled: DeliveryHandler = async () => "done";

/** Runs a test in a scene, and closes all that it opened, whatever happens. */
export async function withScene(
  { harness, patienceMs }: Suite,
  test: (scene: Scene) => Promise<void>,
  spec: Partial<TopicSpec> = {},
): Promise<void> {
  const unique = randomUUID().slice(0, 13);
  const topic = `suite.t${unique}`;
  const group = `group-${unique}`;
  const topics: readonly TopicSpec[] = [topic, `${topic}.other`].map((name) => ({
    name,
    ordering: "key",
    retentionMs: DAY_MS,
    maxDataBytes: 256 * 1_024,
    ...spec,
  }));
  const opened: EventTransport[] = [];
  const connect = async (): Promise<EventTransport> => {
    const transport = await harness.connect({ topics });
    opened.push(transport);
    return transport;
  };
  const transport = await connect();
  let count = 0;
  const scene: Scene = {
    topic,
    group,
    transport,
    connect,
    subscribe({ transport: on = transport, handler = handled, group: name = group, ...options } = {}) {
      const subscription: Subscription = {
        topics: [topic],
        from: "latest",
        concurrency: 4,
        ordering: "none",
        acknowledgeWithinMs: 30_000,
        ...options,
        group: name ?? undefined,
      };
      return on.subscribe(subscription, handler);
    },
    publish: (...envelopes) => transport.publish(topic, envelopes),
    event(options = {}) {
      count += 1;
      return {
        id: `${unique}-${count}`,
        source: "/suite",
        type: topic,
        timeMs: Date.UTC(2026, 0, 31, 12, 0, 0, count),
        contentType: "application/json",
        extensions: {},
        data: encode({ count }),
        ...options,
      };
    },
    eventually: async (check) => vi.waitFor(check, { timeout: patienceMs, interval: 20 }),
  };
  try {
    await test(scene);
  } finally {
    await Promise.all(opened.map((each) => each.close({ signal: AbortSignal.timeout(patienceMs) })));
  }
}

/** A handler that keeps what it was given. */
export interface Recorder {
  readonly deliveries: Delivery[];
  readonly handler: DeliveryHandler;
  ids(): string[];
}

export function createRecorder(then: (delivery: Delivery) => Promise<Outcome> = async () => "done"): Recorder {
  const deliveries: Delivery[] = [];
  return {
    deliveries,
    handler(delivery) {
      deliveries.push(delivery);
      return then(delivery);
    },
    ids: () => deliveries.map(({ envelope }) => envelope.id),
  };
}

/** A door that handlers wait at until it is opened, or their delivery is taken from them. */
export function createGate(): { readonly open: () => void; pass(signal?: AbortSignal): Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    open: () => resolve(),
    async pass(signal) {
      if (!signal) return promise;
      const aborted = new Promise<void>((end) => signal.addEventListener("abort", () => end(), { once: true }));
      if (!signal.aborted) await Promise.race([promise, aborted]);
    },
  };
}

export function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

export const idsOf = (envelopes: readonly Envelope[]): string[] => envelopes.map(({ id }) => id);

/** The error of work that must fail with a ParleyError. */
export async function failureOf(work: Promise<unknown>): Promise<ParleyError> {
  const error = await work.then(
    () => expect.fail("it succeeded"),
    (thrown: unknown) => thrown,
  );
  if (!isParleyError(error)) throw error;
  return error;
}
