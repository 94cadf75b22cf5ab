import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { type CallContext, currentContext, runWithContext } from "@parley/core";
import { deriveContext, withContext } from "@parley/core/internal";
import { defineEvent, defineQueue, defineRequest } from "@parley/events";
import { createMemoryBroker } from "@parley/transport/testing";
import { expect, it } from "vitest";
import { busForTest, eventually } from "./support/bus-for-test.ts";

const TimerSet = defineEvent({ name: "timers.set", schema: DurationSchema });
const Rings = defineQueue({ name: "rings", schema: DurationSchema });
const Ring = defineRequest({ name: "bells.ring", request: DurationSchema, response: DurationSchema });

const principal = { subject: "ada", roles: ["admin"], claims: {} };
const asAda = <T>(work: () => Promise<T>): Promise<T> =>
  runWithContext(withContext(deriveContext({ correlationId: "c-1" }), { principal, tenant: "school" }), work);

it("handlers of events, jobs and requests have the context of a call, with the subject that it is done for", async () => {
  const { bus, database } = busForTest();
  const contexts = new Map<string, CallContext>();
  /** The context that is passed says the same as the one that is current. */
  const note = (name: string, context: CallContext): void => {
    const current = currentContext();
    expect({ ...context }).toMatchObject({ ...current });
    expect(context.signal).toBeInstanceOf(AbortSignal);
    contexts.set(name, context);
  };
  bus.subscribe(TimerSet, async (_, context) => note("event", context));
  bus.subscribeBatch(TimerSet, async (_, context) => note("batch", context), { group: "batch", maxWaitMs: 1 });
  bus.work(Rings, async (_, context) => note("job", context));
  bus.respond(Ring, async (_, context) => {
    note("request", context);
    return {};
  });
  await bus.start();
  await asAda(async () => {
    await database.transaction((tx) => bus.publish(tx, TimerSet, {}));
    await bus.enqueueNow(Rings, {});
    await bus.request(Ring, {});
  });
  await eventually(() => expect([...contexts.keys()].sort()).toEqual(["batch", "event", "job", "request"]));
  for (const context of contexts.values()) {
    expect(context).toMatchObject({
      correlationId: "c-1",
      tenant: "school",
      principal: { subject: "ada", roles: [], claims: {} },
      requestId: expect.any(String),
      trace: { traceId: expect.any(String) },
      deadlineMs: expect.any(Number),
    });
  }
  await bus.drain();
});

it("publishNow stores an event where there is an outbox, and sends it at once where there is none", async () => {
  const stored = busForTest();
  await stored.bus.publishNow(TimerSet, { seconds: 1n });
  expect((await stored.bus.lag()).outbox).toBe(1);
  expect(stored.broker.published(TimerSet.name)).toHaveLength(0);

  const broker = createMemoryBroker();
  const none = { database: undefined, outbox: undefined, inbox: undefined, deadLetters: undefined, work: undefined };
  const { bus } = busForTest({ broker, ...none });
  await bus.publishNow(TimerSet, { seconds: 2n });
  expect(broker.published(TimerSet.name)).toHaveLength(1);
  await expect(bus.publishNow(TimerSet, {}, { delayMs: 10 })).rejects.toMatchObject({
    code: "FAILED_PRECONDITION",
    message: expect.stringContaining("publishing timers.set later needs one"),
  });
  await expect(bus.enqueueNow(Rings, {})).rejects.toThrow("has no database, and enqueueing rings needs one");
});

it("publishNow sends an event that shares a topic to that topic", async () => {
  const Shared = defineEvent({ name: "timers.shared", schema: DurationSchema, topic: "timers", key: () => "all" });
  const broker = createMemoryBroker();
  const none = { database: undefined, outbox: undefined, inbox: undefined, deadLetters: undefined, work: undefined };
  const { bus } = busForTest({ broker, ...none });
  await bus.publishNow(Shared, {});
  expect(broker.published("timers").map(({ type }) => type)).toEqual(["timers.shared"]);
});
