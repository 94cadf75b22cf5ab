import { randomUUID } from "node:crypto";
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
import { Admin } from "@platformatic/kafka";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { connect } from "../src/connect.ts";
import { canStartBroker, startOwnBroker } from "./own-broker.ts";

const PATIENCE_MS = 40_000;
/** The shortest that Kafka allows. */
const SESSION_MS = 6_000;

describe.skipIf(!canStartBroker())("Kafka when things fail", { timeout: 120_000 }, () => {
  let broker: KillableBroker;
  beforeAll(async () => {
    broker = await startOwnBroker();
  }, 120_000);
  afterAll(() => broker.remove());

  it("gives the partitions of a killed member to another within the session", async () => {
    const { topic, transport, events, group } = await scene();
    const ordering = "key";
    const member = join({ topic, group, ordering, acknowledgeWithinMs: SESSION_MS, takesMs: 60_000 });
    await eventually(() => expect(member.said).toContain("ready"));
    const sent = events(12, (index) => `key-${index % 3}`);
    await transport.publish(topic, sent);
    await eventually(() => expect(member.said.some((line) => line.startsWith("begun"))).toBe(true));
    await member.kill();
    const killedAt = performance.now();
    const handled: Envelope[] = [];
    const note = recordInto((envelope) => handled.push(envelope));
    await subscribe(transport, topic, note, { group, ordering, acknowledgeWithinMs: SESSION_MS });
    await eventually(() => expect(new Set(handled.map(({ id }) => id)).size).toBe(sent.length));
    expect(performance.now() - killedAt).toBeLessThan(4 * SESSION_MS);
    expect(orderViolations(handled, sent)).toEqual([]);
  });

  it("fences a member that stood still for longer than its session: what it ran is aborted, its commits refused", async () => {
    const { topic, transport, events, group } = await scene();
    const ordering = "key";
    const member = join({ topic, group, ordering, acknowledgeWithinMs: SESSION_MS, takesMs: 1_000 });
    await eventually(() => expect(member.said).toContain("ready"));
    const sent = events(6, () => "one-key");
    await transport.publish(topic, sent);
    await eventually(() => expect(member.said.some((line) => line.startsWith("begun"))).toBe(true));
    member.signal("SIGSTOP");
    const doneByMember = member.said.filter((line) => line.startsWith("done")).length;
    const handled: Envelope[] = [];
    const note = recordInto((envelope) => handled.push(envelope));
    const consumer = await subscribe(transport, topic, note, { group, ordering, acknowledgeWithinMs: SESSION_MS });
    await eventually(() => expect(handled.length).toBeGreaterThanOrEqual(sent.length - doneByMember - 1));
    await eventually(async () => expect(await consumer.lag()).toBe(0));
    member.signal("SIGCONT");
    await eventually(() => expect(member.said.some((line) => line.startsWith("aborted"))).toBe(true));
    const more = events(4, () => "one-key");
    await transport.publish(topic, more);
    const done = (): Set<string> => {
      const byMember = member.said.filter((line) => line.startsWith("done")).map((line) => line.slice("done ".length));
      return new Set([...byMember, ...handled.map(({ id }) => id)]);
    };
    await eventually(() => expect(done().size).toBe(sent.length + more.length));
    await eventually(async () => expect(await consumer.lag()).toBe(0));
    expect(orderViolations(handled, [...sent, ...more])).toEqual([]);
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
    const options = { group, ordering: "key", acknowledgeWithinMs: SESSION_MS, concurrency: 4 } as const;
    const members = [await subscribe(transport, topic, handler, options)];
    const publishing = publishAll(transport, topic, sent);
    for (let round = 0; round < 4; round++) {
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

  it("goes on after a gap that retention has made, and says what was lost", async () => {
    const { topic, transport, events, group } = await scene({ ordering: "topic" });
    const seen: string[] = [];
    const note = recordInto(({ id }) => seen.push(id));
    const first = await subscribe(transport, topic, note, { group });
    await first.close();
    await transport.publish(topic, events(5));
    const admin = new Admin({ clientId: "admin", bootstrapBrokers: [broker.url] });
    onTestFinished(() => admin.close());
    await admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 3n }] }] });
    const errors: object[] = [];
    const logger = { debug: ignore, info: ignore, warn: ignore, error: (fields: object) => void errors.push(fields) };
    await subscribe((await scene({ topic, logger })).transport, topic, note, { group });
    await eventually(() => expect(seen).toHaveLength(2));
    expect(errors).toContainEqual({ transport: "kafka", group, from: `${topic}/0`, lost: 3 });
  });

  it("puts a key where every client with Java's default partitioner puts it", async () => {
    const { topic, transport, events } = await scene();
    const logs = new Map<string | undefined, string | undefined>();
    await subscribe(transport, topic, async ({ envelope, position }) => {
      logs.set(envelope.key, position?.log);
      return "done";
    });
    // The hashes are those of Kafka's own tests of murmur2, without their sign, modulo 8.
    const partitions = { "21": 4, foobar: 6, "a-little-bit-long-string": 0 };
    const keys = Object.keys(partitions);
    await transport.publish(
      topic,
      events(keys.length, (index) => keys[index] ?? ""),
    );
    await eventually(() => expect(logs.size).toBe(keys.length));
    for (const [key, partition] of Object.entries(partitions)) expect(logs.get(key)).toBe(`${topic}/${partition}`);
  });

  it("warns at start, by name, of one replica", async () => {
    const warned: { durability?: string }[] = [];
    const logger = { debug: ignore, info: ignore, error: ignore, warn: (fields: object) => void warned.push(fields) };
    await scene({ logger });
    expect(warned.map(({ durability }) => durability)).toEqual(["replication"]);
  });

  it("refuses to start where no broker answers, by name and without the password", async () => {
    const url = "kafka://someone:secret@127.0.0.1:1";
    const failure = await connect({ url, clientName: "faults", topics: [] }).catch((error: unknown) => error);
    expect(isParleyError(failure) && failure.code).toBe("UNAVAILABLE");
    expect(String(failure)).toContain("127.0.0.1:1");
    expect(String(failure)).not.toContain("secret");
  });

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
    return { topic, group: `group-${topic}`, transport, events: eventsOf(topic) };
  }
});

const ignore = (): void => {};
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
