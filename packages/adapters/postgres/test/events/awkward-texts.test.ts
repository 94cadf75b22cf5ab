import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { createEventBus, defineEvent } from "@parley/events";
import {
  createDeadLetterStore,
  createInboxStore,
  createOutboxStore,
  createWorkStore,
  EVENT_MIGRATIONS_HISTORY,
  eventMigrations,
  migrate,
  migrateEventStores,
  type PostgresDatabase,
} from "@parley/postgres";
import { createPostgresTransport } from "@parley/postgres/transport";
import type { Envelope } from "@parley/transport";
import { AWKWARD_TEXTS, createMemoryTransport } from "@parley/transport/testing";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { event } from "../support/envelopes.ts";
import { subjects } from "../support/subjects.ts";

const signal = new AbortController().signal;
const TOPIC = "tests.happened";
const QUEUE = "reports";
const WAIT = { timeout: 10_000, interval: 10 };
const failure = { reason: { code: "INTERNAL", message: "no" }, attempts: 1, firstFailedAtMs: 0, deadAtMs: 0 };
const Happened = defineEvent({ name: TOPIC, schema: DurationSchema, key: ({ seconds }) => seconds });
const FAST = { backoff: { initialMs: 1, maxMs: 10, multiplier: 2, jitter: "none" }, maxAttempts: 2 } as const;

const awkward: typeof AWKWARD_TEXTS = [...AWKWARD_TEXTS, ["half of a surrogate pair", (seed) => `a\uD800${seed}`]];

describe.each(await subjects())(
  "texts that an index or a column cannot hold, on $name",
  { timeout: 30_000 },
  (subject) => {
    async function openStores(database?: PostgresDatabase) {
      if (!database) subject.fresh();
      const own = database ?? (await subject.open());
      await migrateEventStores(own);
      return {
        database: own,
        outbox: createOutboxStore(own),
        inbox: createInboxStore(own),
        deadLetters: createDeadLetterStore(own),
        work: createWorkStore(own),
      };
    }

    describe.each(awkward)("%s", (_, text) => {
      it("is a key of the inbox like any other", async () => {
        const { database, inbox } = await openStores();
        const record = (id: string) =>
          database.transaction(async (tx) => inbox.recordUnlessBlocked?.(tx, "g", id, { topic: TOPIC, key: text(1) }));
        expect([await record(text(2)), await record(text(3)), await record(text(2))]).toEqual([
          "recorded",
          "recorded",
          "repeat",
        ]);
        expect(await database.transaction((tx) => inbox.record(tx, "g", text(2)))).toBe(false);
      });

      it("is the id, source and key of a dead letter, which is found by it, and as it was", async () => {
        const { database, inbox, deadLetters } = await openStores();
        const envelope = event({ id: text(1), source: text(2), key: text(3) });
        for (const _ of [1, 2]) await deadLetters.add(database, { group: "g", topic: TOPIC, envelope, ...failure });
        const letters = await deadLetters.list({ key: text(3) });
        expect(letters.map((letter) => letter.envelope)).toEqual([{ ...envelope, data: expect.anything() }]);
        expect(await deadLetters.list({ key: text(4) })).toEqual([]);
        expect(await deadLetters.blocks(database, "g", TOPIC, text(3))).toBe(true);
        const line = { topic: TOPIC, key: text(3) };
        expect(await inbox.recordUnlessBlocked?.(database, "g", "e", line)).toBe("blocked");
        expect(await deadLetters.update({ key: text(3) }, "drop")).toBe(1);
      });

      it("is the unique key of a job", async () => {
        const { database, work } = await openStores();
        const job = { id: "j", data: Buffer.from("{}"), priority: 0, attributes: {} };
        for (const seed of [1, 2, 1]) await work.enqueue(database, QUEUE, [{ ...job, uniqueKey: text(seed) }]);
        const leased = await work.lease(QUEUE, { limit: 10, leaseMs: 60_000, signal });
        expect(leased).toHaveLength(2);
        for (const each of leased) await work.settle(database, QUEUE, each, { retryAtMs: 0 });
        await work.enqueue(database, QUEUE, [{ ...job, uniqueKey: text(2) }]);
        expect(await work.length(QUEUE)).toBe(2);
      });

      it("goes through the outbox and the log as it was, and holds up nothing beside it", async () => {
        const { database, outbox } = await openStores();
        const transport = await createPostgresTransport({ database, pollMs: 50 });
        onTestFinished(() => transport.close());
        const events = [event({ id: text(1), source: text(2), key: text(3) }), event({ key: text(3) }), event()];
        await outbox.append(database, TOPIC, events);
        const entries = await outbox.lease({ limit: 10, leaseMs: 60_000, signal });
        const seen: Envelope[] = [];
        const asked = { topics: [TOPIC], group: "g", from: "earliest", concurrency: 4, ordering: "key" } as const;
        await transport.subscribe({ ...asked, acknowledgeWithinMs: 30_000 }, async ({ envelope }) => {
          seen.push(envelope);
          return "done";
        });
        await Promise.all(entries.map(({ envelope }) => transport.publish(TOPIC, [envelope])));
        await vi.waitFor(() => expect(seen).toHaveLength(3), WAIT);
        const byId = new Map(seen.map((envelope) => [envelope.id, envelope]));
        for (const one of events) expect(byId.get(one.id)).toEqual({ ...one, data: expect.anything() });
      });

      it("does not keep a failing event from being a dead letter, nor its key from going on after a replay", async () => {
        const { database, ...stores } = await openStores();
        const transport = createMemoryTransport();
        let isMended = false;
        const done: string[] = [];
        const bus = createEventBus({
          service: "s",
          transport,
          database,
          inbox: stores.inbox,
          deadLetters: stores.deadLetters,
          policyFor: () => FAST,
          settings: { replayPollMs: 10, replayPerSecond: 1_000 },
        });
        onTestFinished(() => bus.drain({ signal: AbortSignal.timeout(2_000) }));
        bus.subscribe(Happened, async (_payload, { envelope }) => {
          if (!isMended && envelope.id === text(1)) throw new Error("cannot be handled yet");
          done.push(envelope.id);
        });
        await bus.start();
        const data = Buffer.from('"1s"');
        const foreign = (id: string) => event({ id, source: text(2), key: text(3), type: TOPIC, data });
        await transport.publish(TOPIC, [
          foreign(text(1)),
          foreign(text(4)),
          event({ key: "other", type: TOPIC, data }),
        ]);
        await vi.waitFor(async () => expect(await bus.deadLetters.list()).toHaveLength(2), WAIT);
        await vi.waitFor(() => expect(done).toHaveLength(1), WAIT);
        isMended = true;
        await bus.deadLetters.replay({ key: text(3) });
        await vi.waitFor(() => expect(done.slice(1)).toEqual([text(1), text(4)]), WAIT);
        await vi.waitFor(async () => expect(await bus.deadLetters.list()).toEqual([]), WAIT);
      });
    });

    it("finds what was stored under a long text before long texts were digests", async () => {
      subject.fresh();
      const database = await subject.open();
      const older = eventMigrations.slice(0, 6);
      await migrate(database, older, { history: EVENT_MIGRATIONS_HISTORY });
      const long = "k".repeat(2_000);
      await database.query("INSERT INTO parley_inbox (group_name, event_key) VALUES ('g', $1), ('g', 'short')", [long]);
      await database.query(
        `INSERT INTO parley_dead_letters (group_name, topic, key, source, event_id, attributes, data, reason_code,
        reason_message, attempts, first_failed_at, dead_at)
      VALUES ('g', $1, $2, $2, $2, $3, '{}', 'INTERNAL', 'no', 1, now(), now())`,
        [TOPIC, long, JSON.stringify({ ...event({ id: long, source: long, key: long }), data: undefined })],
      );
      await database.query(
        `INSERT INTO parley_jobs (queue, id, priority, unique_key, waiting_key, attributes, data)
      VALUES ($1, 'j', 0, $2, $2, '{}', '{}')`,
        [QUEUE, long],
      );
      const { inbox, deadLetters, work } = await openStores(database);
      expect(await inbox.record(database, "g", long)).toBe(false);
      expect(await inbox.record(database, "g", "short")).toBe(false);
      expect((await deadLetters.list({ key: long })).map(({ envelope }) => envelope.key)).toEqual([long]);
      expect(await deadLetters.blocks(database, "g", TOPIC, long)).toBe(true);
      const again = { id: "j2", data: Buffer.from("{}"), priority: 0, attributes: {}, uniqueKey: long };
      await work.enqueue(database, QUEUE, [again]);
      expect(await work.length(QUEUE)).toBe(1);
    });

    it("lets a foreign client write any attributes: what is no envelope counts as absent", async () => {
      const { database } = await openStores();
      const transport = await createPostgresTransport({ database, pollMs: 50 });
      onTestFinished(() => transport.close());
      const seen: Envelope[] = [];
      const asked = { topics: [TOPIC], group: "g", from: "earliest", concurrency: 4, ordering: "key" } as const;
      await transport.subscribe({ ...asked, acknowledgeWithinMs: 30_000 }, async ({ envelope }) => {
        seen.push(envelope);
        return "done";
      });
      const whole = { ...event(), data: undefined };
      const odd = [1, "x", [], { ...whole, source: 7 }, { ...whole, key: {} }, { ...whole, timeMs: 1e300 }];
      const more = [
        { ...whole, extensions: { tenant: 5 } },
        { ...whole, contentType: null },
      ];
      for (const attributes of [...odd, ...more]) {
        await database.query("INSERT INTO parley_events (topic, attributes, data) VALUES ($1, $2::json, '1')", [
          TOPIC,
          JSON.stringify(attributes),
        ]);
      }
      await vi.waitFor(() => expect(seen).toHaveLength(8), WAIT);
      expect(new Set(seen.map(({ source }) => source))).toEqual(new Set(["foreign:postgres"]));
    });
  },
);
