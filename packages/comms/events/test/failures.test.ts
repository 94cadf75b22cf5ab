import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { failedPrecondition, notFound, ParleyError } from "@parley/core";
import { type Envelope, fromHeaders } from "@parley/transport";
import { createMemoryBroker, createMemoryTransport } from "@parley/transport/testing";
import { describe, expect, it } from "vitest";
import { createEventBus } from "../src/bus/create-event-bus.ts";
import { deadTopicOf } from "../src/consume/bury.ts";
import { defineEvent } from "../src/definition/define-event.ts";
import { busForTest, eventually, FAST } from "./support/bus-for-test.ts";

const TimerSet = defineEvent({ name: "timers.set", schema: DurationSchema, key: ({ seconds }) => seconds });

const foreign = (id: string, body: string): Envelope =>
  fromHeaders(TimerSet.name, {}, new TextEncoder().encode(body), { transport: "memory", id, receivedAtMs: Date.now() });

describe("an event that fails", () => {
  it("is tried so often, and is then a dead letter with its reason, its attempts and the original", async () => {
    const { bus, database, observed } = busForTest();
    let attempts = 0;
    bus.subscribe(TimerSet, async () => {
      attempts += 1;
      throw new ParleyError("INTERNAL", "the bell is broken");
    });
    await bus.start();
    await bus.publish(database, TimerSet, { seconds: 7n });
    await eventually(async () => expect(await bus.deadLetters.list()).toHaveLength(1));
    expect(attempts).toBe(5);
    const [letter] = await bus.deadLetters.list();
    expect(letter).toMatchObject({
      group: "course-service",
      topic: "timers.set",
      reason: { code: "INTERNAL", message: "the bell is broken" },
      attempts: 5,
      state: "waiting",
      envelope: { type: "timers.set", key: "7" },
    });
    expect(new TextDecoder().decode(letter?.envelope.data)).toBe('"7s"');
    expect(observed.filter((event) => event.type === "handled").map(({ outcome }) => outcome)).toEqual([
      ...Array(4).fill("retry"),
      "dead",
    ]);
    expect(await bus.deadLetters.show(letter?.id ?? "")).toEqual(letter);
  });

  it("is a dead letter at once for an error that no repetition mends", async () => {
    const { bus, database, lines } = busForTest();
    let attempts = 0;
    bus.subscribe(TimerSet, async () => {
      attempts += 1;
      throw failedPrecondition("the timer has rung");
    });
    await bus.start();
    await bus.publish(database, TimerSet, { seconds: 7n });
    await eventually(async () => expect(await bus.deadLetters.list()).toHaveLength(1));
    expect(attempts).toBe(1);
    expect(lines.filter(({ level }) => level === "error")).toMatchObject([
      { message: "the event is a dead letter", fields: { event: "timers.set", code: "FAILED_PRECONDITION" } },
    ]);
  });

  it("is tried again for NOT_FOUND: what it names may come after it", async () => {
    const { bus, database } = busForTest();
    const attempts: number[] = [];
    bus.subscribe(TimerSet, async (_, { attempt }) => {
      attempts.push(attempt);
      if (attempt === 1) throw notFound("timer");
    });
    await bus.start();
    await bus.publish(database, TimerSet, { seconds: 7n });
    await eventually(() => expect(attempts).toEqual([1, 2]));
  });

  it.each([
    ["no JSON", "{"],
    ["JSON of something else", '{"seconds":7}'],
    ["no text", "\u0000"],
  ])("is a dead letter at once when it holds %s", async (_, body) => {
    const { bus, broker } = busForTest();
    let handled = 0;
    bus.subscribe(TimerSet, async () => void handled++);
    await bus.start();
    broker.append(TimerSet.name, [foreign("f-1", body)]);
    await eventually(async () => expect(await bus.deadLetters.list()).toHaveLength(1));
    expect(await bus.deadLetters.list()).toMatchObject([{ reason: { code: "INVALID_ARGUMENT" }, attempts: 1 }]);
    expect(handled).toBe(0);
  });

  it("ends when its time is over, and counts that as an attempt", async () => {
    const { bus, database } = busForTest({ policyFor: () => ({ ...FAST, timeoutMs: 20, maxAttempts: 2 }) });
    const signals: AbortSignal[] = [];
    bus.subscribe(TimerSet, async (_, { signal }) => {
      signals.push(signal);
      await new Promise(() => {});
    });
    await bus.start();
    await bus.publish(database, TimerSet, { seconds: 7n });
    await eventually(async () =>
      expect(await bus.deadLetters.list()).toMatchObject([{ reason: { code: "DEADLINE_EXCEEDED" }, attempts: 2 }]),
    );
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it("without a database goes to a topic of dead letters, with the reason as attributes", async () => {
    const broker = createMemoryBroker();
    const transport = createMemoryTransport({ broker });
    const bus = createEventBus({ service: "plain", transport, policyFor: () => ({ ...FAST, maxAttempts: 2 }) });
    bus.subscribe(TimerSet, async () => {
      throw new Error("broken");
    });
    await bus.start();
    const dead: Envelope[] = [];
    await transport.subscribe(
      {
        topics: [deadTopicOf(TimerSet, "plain")],
        group: "undertaker",
        from: "earliest",
        concurrency: 1,
        ordering: "none",
        acknowledgeWithinMs: 1_000,
      },
      async ({ envelope }) => {
        dead.push(envelope);
        return "done";
      },
    );
    broker.append(TimerSet.name, [foreign("1", '"7s"')]);
    await eventually(() => expect(dead).toHaveLength(1));
    expect(dead[0]).toMatchObject({
      id: "1",
      extensions: { deadcode: "INTERNAL", deadattempts: "2", deadgroup: "plain" },
    });
    await bus.drain();
    await transport.close();
  });
});

describe("while the database is away", () => {
  it("nothing is acknowledged, attempts do not count, and all is handled once it is back", async () => {
    const { bus, broker, database } = busForTest({ policyFor: () => ({ ...FAST, maxAttempts: 2 }) });
    const handled: string[] = [];
    bus.subscribe(TimerSet, async (_, { envelope }) => void handled.push(envelope.id));
    await bus.start();
    database.breakWith(new ParleyError("UNAVAILABLE", "the database is down"));
    broker.append(TimerSet.name, [foreign("1", '"1s"'), foreign("2", '"2s"')]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(handled).toEqual([]);
    database.breakWith(undefined);
    await eventually(() => expect(handled.sort()).toEqual(["1", "2"]));
    expect(await bus.deadLetters.list()).toEqual([]);
  });

  it("what the broker counts meanwhile takes no attempt from an event that fails later", async () => {
    const { bus, broker, database } = busForTest({ policyFor: () => ({ ...FAST, maxAttempts: 3 }) });
    const attempts: number[] = [];
    bus.subscribe(TimerSet, async (_, { attempt }) => {
      attempts.push(attempt);
      throw new ParleyError("INTERNAL", "poison");
    });
    await bus.start();
    database.breakWith(new ParleyError("UNAVAILABLE", "the database is down"));
    broker.append(TimerSet.name, [foreign("1", '"1s"')]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    database.breakWith(undefined);
    await eventually(async () => expect(await bus.deadLetters.list()).toMatchObject([{ attempts: 3 }]));
    expect(attempts).toEqual([1, 2, 3]);
  });

  it("a poison event is kept at the broker, with its attempts, until its letter can be stored", async () => {
    const { bus, broker, database, observed } = busForTest();
    let attempts = 0;
    bus.subscribe(TimerSet, async () => {
      attempts += 1;
      if (attempts === 5) database.breakWith(new ParleyError("UNAVAILABLE", "the database is down"));
      throw new ParleyError("INTERNAL", "poison");
    });
    await bus.start();
    broker.append(TimerSet.name, [foreign("1", '"1s"')]);
    await eventually(() => expect(attempts).toBe(5));
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect((await bus.lag()).groups).toMatchObject([{ count: 1 }]);
    database.breakWith(undefined);
    await eventually(async () => expect(await bus.deadLetters.list()).toMatchObject([{ attempts: 5 }]));
    expect(attempts).toBe(5);
    expect(observed.filter((event) => event.type === "handled" && event.outcome === "dead")).toHaveLength(1);
    await eventually(async () => expect((await bus.lag()).groups).toMatchObject([{ count: 0 }]));
  });
});

describe("a poison event among 2,000", () => {
  it("is the only dead letter, and everything else is handled once", async () => {
    const { bus, broker } = busForTest();
    const effects = new Map<string, number>();
    let poisoned = 0;
    bus.subscribe(
      TimerSet,
      async (_, { envelope }) => {
        if (envelope.id === "777") {
          poisoned += 1;
          throw new Error("poison");
        }
        effects.set(envelope.id, (effects.get(envelope.id) ?? 0) + 1);
      },
      { concurrency: 32 },
    );
    await bus.start();
    const events = Array.from({ length: 2_000 }, (_, index) => foreign(String(index), `"${index % 50}s"`));
    broker.append(TimerSet.name, [...events, ...events.slice(0, 500)]);
    await eventually(async () => {
      expect(effects.size).toBe(1_999);
      expect(await bus.deadLetters.list()).toHaveLength(1);
    });
    expect(poisoned).toBeGreaterThanOrEqual(5);
    expect([...effects.values()].every((count) => count === 1)).toBe(true);
  });
});
