import { randomUUID } from "node:crypto";
import { jetstreamManager, RetentionPolicy, StorageType } from "@nats-io/jetstream";
import { connect as connectPlain } from "@nats-io/transport-node";
import { isParleyError } from "@parley/core";
import type {
  DeliveryHandler,
  Envelope,
  EventTransport,
  Ordering,
  Subscription,
  TransportOptions,
} from "@parley/transport";
import {
  eventsOf,
  type KillableBroker,
  type MemberProcess,
  orderViolations,
  publishAll,
  recordInto,
  startMember,
} from "@parley/transport/testing";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { connect } from "../src/connect.ts";
import { canStartBroker, startOwnBroker } from "./own-broker.ts";

const PATIENCE_MS = 20_000;
const ACK_WAIT_MS = 2_000;

describe.skipIf(!canStartBroker())("NATS when things fail", { timeout: 60_000 }, () => {
  let broker: KillableBroker;
  beforeAll(async () => {
    broker = await startOwnBroker();
  }, 60_000);
  afterAll(() => broker.remove());

  it("loses nothing while the broker is killed three times under publishers, and stores no event twice", async () => {
    const { topic, transport, events } = await scene({ ordering: "none" });
    const seen = new Map<string, number>();
    await subscribe(transport, topic, async ({ envelope }) => {
      seen.set(envelope.id, (seen.get(envelope.id) ?? 0) + 1);
      return "done";
    });
    const sent = events(1_500);
    const publishing = publishAll(transport, topic, sent);
    for (let kill = 1; kill <= 3; kill++) {
      await eventually(() => expect(seen.size).toBeGreaterThan(kill * 200));
      await broker.kill();
      await broker.start();
    }
    await publishing;
    await eventually(() => expect(seen.size).toBe(sent.length));
    const { state } = await (await manager()).streams.info(streamOf(topic));
    expect(state.messages).toBe(sent.length);
  });

  it("ends a publish to a frozen broker in time and by name, and stores it once when it is published again", async () => {
    const { topic, transport, events } = await scene({ publishTimeoutMs: 1_500 });
    const [event] = events(1);
    await broker.freeze();
    const startedAt = performance.now();
    const failure = await transport.publish(topic, [event as Envelope]).catch((error: unknown) => error);
    const tookMs = performance.now() - startedAt;
    broker.thaw();
    expect(isParleyError(failure) && failure.code).toMatch(/^(DEADLINE_EXCEEDED|UNAVAILABLE)$/);
    expect(tookMs).toBeLessThan(5_000);
    await publishAll(transport, topic, [event as Envelope]);
    const { state } = await (await manager()).streams.info(streamOf(topic));
    expect(state.messages).toBe(1);
  });

  it.each<Ordering>(["none", "key"])(
    "gives the events of a killed member to another within AckWait (order %s)",
    async (ordering) => {
      const { topic, transport, events, group } = await scene();
      const member = join({ topic, group, ordering, acknowledgeWithinMs: ACK_WAIT_MS, takesMs: 60_000 });
      await eventually(() => expect(member.said).toContain("ready"));
      const sent = events(12, (index) => `key-${index % 3}`);
      await transport.publish(topic, sent);
      await eventually(() => expect(member.said.some((line) => line.startsWith("begun"))).toBe(true));
      const handled: Envelope[] = [];
      const options = { group, ordering, acknowledgeWithinMs: ACK_WAIT_MS };
      await subscribe(
        transport,
        topic,
        recordInto((envelope) => handled.push(envelope)),
        options,
      );
      await member.kill();
      const killedAt = performance.now();
      await eventually(() => expect(new Set(handled.map(({ id }) => id)).size).toBe(sent.length));
      // Half of what it is by default: the member may have renewed just before, and timers are late on a busy machine.
      expect(performance.now() - killedAt).toBeLessThan(15_000);
      if (ordering === "key") expect(orderViolations(handled, sent)).toEqual([]);
    },
  );

  it("fences a member that stood still for longer than AckWait: its late word counts no more", async () => {
    const { topic, transport, events, group } = await scene();
    const ordering = "key";
    const member = join({ topic, group, ordering, acknowledgeWithinMs: ACK_WAIT_MS, takesMs: 500 });
    await eventually(() => expect(member.said).toContain("ready"));
    const sent = events(6, () => "one-key");
    await transport.publish(topic, sent);
    await eventually(() => expect(member.said.some((line) => line.startsWith("begun"))).toBe(true));
    member.signal("SIGSTOP");
    const doneByMember = member.said.filter((line) => line.startsWith("done")).length;
    const handled: Envelope[] = [];
    const options = { group, ordering, acknowledgeWithinMs: ACK_WAIT_MS } as const;
    const consumer = await subscribe(
      transport,
      topic,
      recordInto((envelope) => handled.push(envelope)),
      options,
    );
    await eventually(() => expect(handled.length).toBeGreaterThanOrEqual(sent.length - doneByMember - 1));
    member.signal("SIGCONT");
    await eventually(async () => expect(await consumer.lag()).toBe(0));
    expect(orderViolations(handled, sent)).toEqual([]);
    const done = new Set(handled.map(({ id }) => id));
    for (const line of member.said) if (line.startsWith("done")) done.add(line.slice("done ".length));
    expect(done.size).toBe(sent.length);
  });

  it("keeps the order of keys while members come and go, and gets on", async () => {
    const { topic, transport, events, group } = await scene();
    const sent = events(2_000, (index) => `key-${index % 20}`);
    const handled: Envelope[] = [];
    const running = new Map<string, AbortSignal>();
    const overlaps: string[] = [];
    const handler: DeliveryHandler = async ({ envelope, signal }) => {
      const key = envelope.key ?? "";
      const other = running.get(key);
      if (other && !other.aborted) overlaps.push(envelope.id);
      running.set(key, signal);
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (running.get(key) === signal) running.delete(key);
      if (signal.aborted) return { retryAfterMs: 0 };
      handled.push(envelope);
      return "done";
    };
    const options = { group, ordering: "key", acknowledgeWithinMs: ACK_WAIT_MS, concurrency: 4 } as const;
    const members = [await subscribe(transport, topic, handler, options)];
    const publishing = publishAll(transport, topic, sent);
    for (let round = 0; round < 8; round++) {
      members.push(await subscribe((await scene({ topic })).transport, topic, handler, options));
      await new Promise((resolve) => setTimeout(resolve, 100));
      // The oldest, which is at work; every other time without letting its handlers end.
      await members.shift()?.close(round % 2 === 0 ? {} : { signal: AbortSignal.abort() });
    }
    await publishing;
    await eventually(() => expect(new Set(handled.map(({ id }) => id)).size).toBe(sent.length));
    expect(orderViolations(handled, sent)).toEqual([]);
    expect(overlaps).toEqual([]);
  });

  it("goes on when its consumer, and then its stream, are removed behind its back", async () => {
    const { topic, transport, events, group } = await scene();
    const seen = new Set<string>();
    await subscribe(
      transport,
      topic,
      recordInto(({ id }) => seen.add(id)),
      { group },
    );
    const [first, second, third] = events(3) as [Envelope, Envelope, Envelope];
    await transport.publish(topic, [first]);
    await eventually(() => expect(seen).toContain(first.id));
    const { consumers, streams } = await manager();
    for await (const { name } of consumers.list(streamOf(topic))) await consumers.delete(streamOf(topic), name);
    await transport.publish(topic, [second]);
    await eventually(() => expect(seen).toContain(second.id));
    await streams.delete(streamOf(topic));
    await eventually(async () => {
      await publishAll(transport, topic, [third]);
      expect(seen).toContain(third.id);
    });
  });

  it("refuses what a full stream has no room for by name, and loses nothing of what is there", async () => {
    const topic = newTopic();
    const { streams } = await manager();
    const full = { max_bytes: 20_000, discard: "new", retention: RetentionPolicy.Limits } as const;
    await streams.add({ name: streamOf(topic), subjects: [topic], storage: StorageType.File, ...full });
    const { transport, events } = await scene({ topic });
    const stored: string[] = [];
    let failure: unknown;
    for (const event of events(100)) {
      failure = await transport.publish(topic, [event]).catch((error: unknown) => error);
      if (failure !== undefined) break;
      stored.push(event.id);
    }
    expect(isParleyError(failure) && failure.code).toBe("RESOURCE_EXHAUSTED");
    expect(String(failure)).toContain("maximum bytes");
    const seen = new Set<string>();
    await subscribe(
      transport,
      topic,
      recordInto(({ id }) => seen.add(id)),
    );
    await eventually(() => expect([...seen]).toEqual(stored));
  });

  it("warns at start, by name, of memory, of one replica, and of syncing that it cannot see", async () => {
    const topic = newTopic();
    const { streams } = await manager();
    await streams.add({ name: streamOf(topic), subjects: [topic], storage: StorageType.Memory });
    const warned: { durability?: string }[] = [];
    const { transport } = await scene({ topic, logger: recorder(warned) });
    const named = warned.map(({ durability }) => durability).filter((name) => name !== undefined);
    expect(named.sort()).toEqual(["replicas", "storage", "sync_interval"]);
    expect(transport.capabilities.durable).toBe(false);
  });

  it("reads a stream that an operator made for many topics, and answers nobody's topics but its own", async () => {
    const prefix = newTopic();
    const { streams } = await manager();
    await streams.add({ name: streamOf(prefix), subjects: [`${prefix}.>`], storage: StorageType.File });
    const { transport, events } = await scene({ topic: `${prefix}.one` });
    const seen: string[] = [];
    await subscribe(
      transport,
      `${prefix}.one`,
      recordInto(({ id }) => seen.push(id)),
    );
    const [one, two] = events(2) as [Envelope, Envelope];
    const plain = await connectPlain({ servers: broker.url });
    plain.publish(`${prefix}.two`, "{}");
    await plain.drain();
    await transport.publish(`${prefix}.one`, [one]);
    await transport.publish(`${prefix}.one`, [two]);
    await eventually(() => expect(seen).toEqual([one.id, two.id]));
  });

  async function manager() {
    const plain = await connectPlain({ servers: broker.url });
    onTestFinished(() => plain.close());
    return await jetstreamManager(plain);
  }

  function join(options: MemberSettings): MemberProcess {
    const member = startMember(MEMBER, { url: broker.url, ...options });
    onTestFinished(() => member.kill());
    return member;
  }

  async function scene({
    topic = newTopic(),
    ordering = "key" as Ordering,
    ...options
  }: Partial<TransportOptions> & { readonly topic?: string; readonly ordering?: Ordering } = {}) {
    const topics = [{ name: topic, ordering, retentionMs: 0, maxDataBytes: 65_536 }];
    const transport = await connect({ url: broker.url, clientName: "faults", topics, ...options });
    onTestFinished(() => transport.close({ signal: AbortSignal.timeout(PATIENCE_MS) }));
    return { topic, group: `group-${topic.replaceAll(".", "-")}`, transport, events: eventsOf(topic) };
  }
});

/** A member of a group in a process of its own. */
const MEMBER = new URL("./fixtures/member.ts", import.meta.url);

interface MemberSettings {
  readonly topic: string;
  readonly group: string;
  readonly ordering: Ordering;
  readonly acknowledgeWithinMs: number;
  /** How long its handler takes. */
  readonly takesMs: number;
}

const eventually = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: PATIENCE_MS, interval: 20 });

const newTopic = (): string => `faults.t${randomUUID().slice(0, 8)}`;
const streamOf = (topic: string): string => topic.replaceAll(".", "_");

function subscribe(
  transport: EventTransport,
  topic: string,
  handler: DeliveryHandler,
  options: Partial<Subscription> = {},
) {
  const subscription: Subscription = {
    topics: [topic],
    group: "faults",
    from: "earliest",
    concurrency: 8,
    ordering: "none",
    acknowledgeWithinMs: 5_000,
    ...options,
  };
  return transport.subscribe(subscription, handler);
}

function recorder(warned: object[]) {
  const ignore = (): void => {};
  return { debug: ignore, info: ignore, error: ignore, warn: (fields: object) => void warned.push(fields) };
}
