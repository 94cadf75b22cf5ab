import { create } from "@bufbuild/protobuf";
import {
  AnySchema,
  anyPack,
  DurationSchema,
  Int64ValueSchema,
  StringValueSchema,
  StructSchema,
  TimestampSchema,
  timestampFromMs,
} from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { defineEvent } from "../src/definition/define-event.ts";
import { defineQueue } from "../src/definition/define-queue.ts";
import { defineRequest } from "../src/definition/define-request.ts";
import type { EventInt64 } from "../src/definition/event-int64.ts";
import { busForTest, eventually } from "./support/bus-for-test.ts";

const Bells = defineQueue({ name: "bells", schema: DurationSchema });
const BellRang = defineEvent({ name: "bells.rang", schema: DurationSchema });
const Ask = defineRequest({ name: "bells.ask", request: DurationSchema, response: DurationSchema });
const NO_NUMBERS = [Number.POSITIVE_INFINITY, Number.NaN, -1, "1200", 1e300, null];

describe("a number that an option cannot be is refused where it enters, with the name of the option", () => {
  it.each(NO_NUMBERS)("delayMs of an event or a job, timeoutMs of a request: %s", async (wrong) => {
    const { bus, database, stores } = busForTest();
    const value = wrong as never;
    const refused = (field: string) => ({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(new RegExp(`^${field} must be a number from`)),
    });
    await expect(bus.publish(database, BellRang, {}, { delayMs: value })).rejects.toMatchObject(
      refused("delayMs of bells.rang"),
    );
    await expect(bus.enqueue(database, Bells, {}, { delayMs: value })).rejects.toMatchObject(
      refused("delayMs of bells"),
    );
    await expect(bus.request(Ask, {}, { timeoutMs: value })).rejects.toMatchObject(refused("timeoutMs of bells.ask"));
    await expect(bus.deadLetters.replay({}, { perSecond: value })).rejects.toMatchObject(
      refused("perSecond of a replay"),
    );
    expect([await bus.lag(), (await stores.outbox.lag()).count]).toMatchObject([{ outbox: 0 }, 0]);
  });

  it.each([
    ["timeoutMs of bells.rang", { timeoutMs: Number.POSITIVE_INFINITY }],
    ["maxAttempts of bells.rang", { maxAttempts: 0 }],
    ["concurrency of bells.rang", { concurrency: 1.5 }],
    [
      "initialMs of the backoff of bells.rang",
      { backoff: { initialMs: "5", maxMs: 1, multiplier: 2, jitter: "none" } },
    ],
    ["maxWaitMs of a batch of bells.rang", { maxWaitMs: Number.NaN }],
    ["maxSize of a batch of bells.rang", { maxSize: 0 }],
  ])("%s of a subscription", (field, options) => {
    const { bus } = busForTest();
    expect(() => bus.subscribeBatch(BellRang, async () => {}, options as never)).toThrow(`${field} must be a`);
  });

  it.each([
    ["leaseMs of bells", { leaseMs: Number.NaN }],
    ["prefetch of bells", { prefetch: -1 }],
    ["max of the concurrency of bells", { concurrency: { min: 4, max: 2 } }],
    ["min of the concurrency of bells", { concurrency: { min: 0, max: 2 } }],
  ])("%s of a worker", (field, options) => {
    expect(() => busForTest().bus.work(Bells, async () => {}, options)).toThrow(`${field} must be a`);
  });

  it("settings of the bus, and the choice of int64", () => {
    expect(() => busForTest({ settings: { outboxPollMs: Number.NaN } })).toThrow(
      "outboxPollMs of the bus of course-service",
    );
    const int64 = "number" as never;
    for (const define of [
      () => defineEvent({ name: "a.b", schema: DurationSchema, int64 }),
      () => defineQueue({ name: "a", schema: DurationSchema, int64 }),
      () => defineRequest({ name: "a.b", request: DurationSchema, response: DurationSchema, int64 }),
    ]) {
      expect(define).toThrow('must have int64 "auto" or "string", got "number"');
    }
  });
});

describe("half of a surrogate pair in a payload", () => {
  const Said = defineEvent({ name: "words.said", schema: StringValueSchema });
  const Noted = defineEvent({ name: "words.noted", schema: StructSchema });

  it("is refused where it is published, by field", async () => {
    const { bus, database } = busForTest();
    await expect(bus.publish(database, Said, { value: "a\ud800" })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    const fields = { words: { kind: { case: "stringValue" as const, value: "\udc00" } } };
    await expect(bus.publish(database, Noted, { fields })).rejects.toThrow("words holds half of a surrogate pair");
    const names = { "\ud800": { kind: { case: "boolValue" as const, value: true } } };
    await expect(bus.publish(database, Noted, { fields: names })).rejects.toThrow("a name in the payload holds half");
  });

  it("is not seen where a text only looks like it, or the pair is whole", async () => {
    const { bus, database } = busForTest();
    const heard: string[] = [];
    bus.subscribe(Said, async ({ value }) => void heard.push(value));
    await bus.start();
    for (const value of ["\\ud800", "😀"]) await bus.publish(database, Said, { value });
    await eventually(() => expect(heard).toEqual(["\\ud800", "😀"]));
  });
});

describe("64-bit integers in the JSON of an event", () => {
  const BIG = 2n ** 53n + 1n;
  const counted = (int64?: EventInt64) =>
    defineEvent({ name: "things.counted", schema: Int64ValueSchema, ...(int64 && { int64 }) });

  it.each([
    [undefined, 7n, "7"],
    [undefined, BIG, `"${BIG}"`],
    [undefined, -BIG, `"${-BIG}"`],
    ["string", 7n, '"7"'],
  ] as const)("int64 %s writes %d as %s, and it is heard as it was", async (int64, value, json) => {
    const { bus, database } = busForTest();
    const event = counted(int64);
    const heard: unknown[] = [];
    bus.subscribe(event, async (payload, { envelope }) => {
      heard.push(payload.value, new TextDecoder().decode(envelope.data));
    });
    await bus.start();
    await bus.publish(database, event, { value });
    await eventually(() => expect(heard).toEqual([value, json]));
  });

  it("of a job as well", async () => {
    const { bus, database } = busForTest();
    const worked: bigint[] = [];
    bus.work(Bells, async ({ seconds }) => void worked.push(seconds));
    await bus.start();
    const Counts = defineQueue({ name: "counts", schema: Int64ValueSchema });
    await bus.enqueue(database, Counts, { value: BIG });
    await bus.enqueue(database, Bells, { seconds: 1n });
    await eventually(() => expect(worked).toEqual([1n]));
  });
});

it("an Any is published and heard, of a well-known type or of one that the contract imports", async () => {
  const Happened = defineEvent({ name: "things.happened", schema: AnySchema });
  const { bus, database } = busForTest();
  const heard: unknown[] = [];
  bus.subscribe(Happened, async (any) => void heard.push(any));
  await bus.start();
  const sent = anyPack(TimestampSchema, create(TimestampSchema, timestampFromMs(1_000)));
  await bus.publish(database, Happened, sent);
  await eventually(() => expect(heard).toEqual([sent]));
});
