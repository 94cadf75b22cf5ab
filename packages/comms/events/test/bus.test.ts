import { ApiSchema, type Duration, DurationSchema } from "@bufbuild/protobuf/wkt";
import { currentContext, ParleyError, runWithContext } from "@parley/core";
import { deriveContext } from "@parley/core/internal";
import { type Envelope, fromHeaders } from "@parley/transport";
import { createMemoryBroker, createMemoryTransport } from "@parley/transport/testing";
import { describe, expect, it } from "vitest";
import { createEventBus } from "../src/bus/create-event-bus.ts";
import { defineEvent } from "../src/definition/define-event.ts";
import { busForTest, eventually } from "./support/bus-for-test.ts";

// A well-known type stands for a contract of a system: seconds are its key.
const TimerSet = defineEvent({ name: "timers.set", schema: DurationSchema, key: ({ seconds }) => seconds });
const TimerRang = defineEvent({ name: "timers.rang", schema: DurationSchema });

/** As a plain client of the broker publishes. */
const foreign = (id: string, data: Uint8Array): Envelope =>
  fromHeaders(TimerSet.name, {}, data, { transport: "memory", id, receivedAtMs: Date.now() });

describe("publish and subscribe", () => {
  it("carries a payload from a transaction to a handler", async () => {
    const { bus, database } = busForTest();
    const heard: Duration[] = [];
    bus.subscribe(TimerSet, async (payload) => void heard.push(payload));
    await bus.start();
    await database.transaction((tx) => bus.publish(tx, TimerSet, { seconds: 7n, nanos: 5 }));
    await eventually(() => expect(heard).toMatchObject([{ seconds: 7n, nanos: 5 }]));
  });

  it("publishes nothing of a transaction that rolls back", async () => {
    const { bus, database, stores } = busForTest();
    const work = database.transaction(async (tx) => {
      await bus.publish(tx, TimerSet, { seconds: 7n });
      throw new RangeError("no");
    });
    await expect(work).rejects.toThrow("no");
    expect(await stores.outbox.lag()).toMatchObject({ count: 0 });
  });

  it("opens a transaction of its own when it is given a database", async () => {
    const { bus, database, stores } = busForTest();
    await bus.publish(database, TimerSet, { seconds: 7n });
    expect(await stores.outbox.lag()).toMatchObject({ count: 1 });
  });

  it("delays what is asked to be late", async () => {
    const { bus, database } = busForTest();
    const heard: bigint[] = [];
    bus.subscribe(TimerSet, async ({ seconds }) => void heard.push(seconds));
    await bus.start();
    await bus.publish(database, TimerSet, { seconds: 1n }, { delayMs: 150 });
    await bus.publish(database, TimerSet, { seconds: 2n });
    await eventually(() => expect(heard).toEqual([2n, 1n]));
  });

  it("refuses a payload that is larger than the event says, by name", async () => {
    const { bus, database } = busForTest();
    const Small = defineEvent({ name: "timers.small", schema: DurationSchema, maxBytes: 3 });
    await expect(bus.publish(database, Small, { seconds: 7n })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("timers.small"),
    });
  });

  it.each([
    ["U+0000", "a\0b"],
    ["half of a surrogate pair", "a\uD800"],
    ["9000 bytes", "k".repeat(9_000)],
  ])("refuses a key or subject with %s where it is published, by name", async (what, text) => {
    const { bus, database, stores } = busForTest();
    const events = [
      ["key of timers.odd", defineEvent({ name: "timers.odd", schema: DurationSchema, key: () => text })],
      ["subject of timers.odd", defineEvent({ name: "timers.odd", schema: DurationSchema, subject: () => text })],
    ] as const;
    for (const [field, event] of events) {
      await expect(bus.publish(database, event, { seconds: 7n })).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(`${field}.*${what.replace("U+", "U\\+")}`),
      });
    }
    expect(await stores.outbox.lag()).toMatchObject({ count: 0 });
  });

  it("needs a database to publish, and says so", async () => {
    const { bus, database } = busForTest({ outbox: undefined });
    await expect(bus.publish(database, TimerSet, {})).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  });

  it("joins what a handler publishes with what it heard", async () => {
    const { bus, database } = busForTest();
    const seen: {
      readonly type: string;
      readonly extensions: Readonly<Record<string, string>>;
      readonly id: string;
    }[] = [];
    const contexts: unknown[] = [];
    bus.subscribe(TimerSet, async (_, { tx, envelope }) => {
      seen.push(envelope);
      contexts.push(currentContext());
      await bus.publish(tx, TimerRang, {});
    });
    bus.subscribe(TimerRang, async (_, { envelope }) => void seen.push(envelope));
    await bus.start();
    const context = deriveContext({
      correlationId: "conversation-1",
      tenant: "t-1",
      principal: { subject: "student-7", roles: ["student"], claims: {} },
    });
    await runWithContext(context, () => bus.publish(database, TimerSet, { seconds: 7n }));
    await eventually(() => expect(seen).toHaveLength(2));
    const [first, second] = seen;
    expect(second?.extensions).toMatchObject({
      correlationid: "conversation-1",
      causationid: first?.id,
      tenant: "t-1",
      caller: "course-service",
      authid: "student-7",
    });
    const traces = seen.map(({ extensions }) => extensions.traceparent?.split("-")[1]);
    expect(new Set([...traces, context.trace.traceId]).size).toBe(1);
    expect(contexts).toMatchObject([
      {
        correlationId: "conversation-1",
        requestId: context.requestId,
        tenant: "t-1",
        caller: "course-service",
        principal: { subject: "student-7", roles: [], claims: {} },
      },
    ]);
  });

  it("hears plain clients, and ignores fields that are newer than the contract", async () => {
    const { bus, broker } = busForTest();
    const heard: string[] = [];
    const Named = defineEvent({ name: "timers.named", schema: ApiSchema });
    bus.subscribe(Named, async ({ name }) => void heard.push(name));
    await bus.start();
    const data = new TextEncoder().encode('{"name":"egg","new_field":[1]}');
    broker.append("timers.named", [foreign("f-1", data)]);
    await eventually(() => expect(heard).toEqual(["egg"]));
  });
});

describe("the inbox", () => {
  it("lets a repeat change nothing", async () => {
    const { bus, broker, observed } = busForTest();
    let handled = 0;
    bus.subscribe(TimerSet, async () => void handled++);
    await bus.start();
    const event = foreign("same", new TextEncoder().encode('"7s"'));
    broker.append(TimerSet.name, [event, event]);
    await eventually(() => expect(observed.filter(({ type }) => type === "handled")).toHaveLength(2));
    expect(handled).toBe(1);
    expect(observed).toContainEqual(expect.objectContaining({ type: "handled", outcome: "repeat" }));
  });

  it("knows a repeat by its conversation where the subscription asks for that", async () => {
    const { bus, broker } = busForTest();
    const handled: string[] = [];
    const record = (group: string) => async () => void handled.push(group);
    bus.subscribe(TimerSet, record("by id"), { group: "by-id" });
    bus.subscribe(TimerSet, record("by correlation"), { group: "by-correlation", dedupBy: "correlation" });
    await bus.start();
    const data = new TextEncoder().encode('"7s"');
    const extensions = { correlationid: "c-1" };
    broker.append(TimerSet.name, [
      { ...foreign("1", data), extensions },
      { ...foreign("2", data), extensions },
    ]);
    await eventually(() => expect(handled.filter((group) => group === "by id")).toHaveLength(2));
    expect(handled.filter((group) => group === "by correlation")).toHaveLength(1);
  });

  it("has no record of a handler that failed", async () => {
    const { bus, database } = busForTest();
    const attempts: number[] = [];
    bus.subscribe(TimerSet, async (_, { attempt }) => {
      attempts.push(attempt);
      if (attempt < 3) throw new ParleyError("UNAVAILABLE", "not yet");
    });
    await bus.start();
    await bus.publish(database, TimerSet, { seconds: 7n });
    await eventually(() => expect(attempts).toEqual([1, 2, 3]));
  });

  it("leaves handlers without a database with no transaction, by name", async () => {
    const broker = createMemoryBroker();
    const transport = createMemoryTransport({ broker });
    const bus = createEventBus({ service: "plain", transport });
    const thrown: unknown[] = [];
    bus.subscribe(TimerSet, async (_, { tx }) => {
      await tx.query("SELECT 1").catch((error: unknown) => thrown.push(error));
    });
    await bus.start();
    broker.append(TimerSet.name, [foreign("1", new TextEncoder().encode('"7s"'))]);
    await eventually(() => expect(thrown).toMatchObject([{ code: "FAILED_PRECONDITION" }]));
    await bus.drain();
    await transport.close();
  });
});

describe("the start", () => {
  it("refuses what the transport cannot give, and names those that can", async () => {
    const broker = createMemoryBroker({
      capabilities: { ordering: "none", retention: false, requestReply: false, maxDataBytes: 1_000 },
    });
    const Kept = defineEvent({ name: "timers.kept", schema: DurationSchema, retention: "30d", maxBytes: 500 });
    const capabilities = createMemoryTransport({ broker: createMemoryBroker() }).capabilities;
    const alternatives = [
      { name: "nats", capabilities },
      { name: "kafka", capabilities: { ...capabilities, ordering: "key" as const } },
      { name: "rabbitmq", capabilities: { ...capabilities, retention: false } },
    ];
    const { bus } = busForTest({ broker, publishes: [Kept], alternatives });
    bus.subscribe(TimerSet, async () => {}, { from: "latest" });
    const error = await bus.start().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION" });
    const { message } = error as Error;
    expect(message).toMatch(/memory cannot give timers.kept its retention of 30d: use .*nats/);
    expect(message).not.toMatch(/retention[^;]*rabbitmq/);
    expect(message).toMatch(/timers.set its ordering "key": use .*kafka/);
    expect(message).toMatch(/timers.set data of 262144 bytes/);
  });

  it("refuses one group twice, and a subscription that comes late", async () => {
    const { bus } = busForTest();
    bus.subscribe(TimerSet, async () => {});
    expect(() => bus.subscribe(TimerSet, async () => {})).toThrow(/course-service of timers.set twice/);
    await bus.start();
    expect(() => bus.subscribe(TimerRang, async () => {})).toThrow(/after its bus has started/);
  });
});

describe("a start that fails", () => {
  it("leaves nothing behind, and may be tried again", async () => {
    const broker = createMemoryBroker();
    const inner = createMemoryTransport({ broker });
    let away = true;
    const subscribe: typeof inner.subscribe = async (...args) => {
      if (away && args[0].topics[0] === TimerRang.name) throw new ParleyError("UNAVAILABLE", "the broker is away");
      return inner.subscribe(...args);
    };
    const { bus, database } = busForTest({ broker, transport: { ...inner, subscribe } });
    let heard = 0;
    bus.subscribe(TimerSet, async () => void heard++);
    bus.subscribe(TimerRang, async () => {});
    await expect(bus.start()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await bus.publish(database, TimerSet, {});
    expect((await bus.lag()).outbox).toBe(1);
    away = false;
    await bus.start();
    await eventually(() => expect(heard).toBe(1));
  });
});

describe("the drain", () => {
  it("lets handlers end and sends what they published", async () => {
    const { bus, database, broker } = busForTest();
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { promise: began, resolve: begin } = Promise.withResolvers<void>();
    bus.subscribe(TimerSet, async (_, { tx }) => {
      begin();
      await gate;
      await bus.publish(tx, TimerRang, {});
    });
    await bus.start();
    await bus.publish(database, TimerSet, {});
    await began;
    const drained = bus.drain();
    open();
    await drained;
    await bus.drain();
    const rang: string[] = [];
    const transport = createMemoryTransport({ broker });
    await transport.subscribe(
      {
        topics: [TimerRang.name],
        group: "after",
        from: "earliest",
        concurrency: 1,
        ordering: "none",
        acknowledgeWithinMs: 1_000,
      },
      async ({ envelope }) => {
        rang.push(envelope.type);
        return "done";
      },
    );
    await eventually(() => expect(rang).toEqual([TimerRang.name]));
    await transport.close();
  });
});
