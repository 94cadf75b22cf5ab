import type { PostgresDatabase } from "@parley/postgres";
import { createPostgresTransport } from "@parley/postgres/transport";
import type { Delivery, EventTransport } from "@parley/transport";
import { afterEach, describe, expect, it, vi } from "vitest";
import { atScale } from "../../../../../scripts/testing/at-scale.ts";
import { startCleanUp } from "../../src/transport/clean-up.ts";
import { resolveTransportOptions } from "../../src/transport/options.ts";
import { event, numberOf } from "../support/envelopes.ts";
import { type Subject, subjects } from "../support/subjects.ts";

const TOPIC = "tests.happened";
const WAIT = { timeout: 15_000, interval: 10 };
const opened: EventTransport[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((transport) => transport.close()));
});

async function openTransport(subject: Subject, database?: PostgresDatabase) {
  if (!database) subject.fresh();
  const own = database ?? (await subject.open());
  const transport = await createPostgresTransport({ database: own, pollMs: 50 });
  opened.push(transport);
  return { database: own, transport };
}

const wanted = { topics: [TOPIC], group: "g", from: "earliest", concurrency: 8, ordering: "key" } as const;
const subscription = { ...wanted, acknowledgeWithinMs: 30_000 };
const INSERT = "INSERT INTO parley_events (topic, key, data) VALUES ($1, $2, $3)";

/** Hears numbers, and counts how often each came. */
function createLedger() {
  const heard: number[] = [];
  return {
    heard,
    async handler({ envelope }: Delivery) {
      heard.push(numberOf(envelope));
      return "done" as const;
    },
  };
}
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

const all = await subjects();
describe.each(all)("the log on $name", { timeout: 30_000 }, (subject) => {
  it("is JSON to any SQL client, whatever else it holds", async () => {
    const { database, transport } = await openTransport(subject);
    const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
    const bodies = ['{"a": 1.50}', "{broken", deep, '{"a":2}'];
    await transport.publish(
      TOPIC,
      bodies.map((body) => event({ data: Buffer.from(body) })),
    );
    const { rows } = await database.query(
      "SELECT data ->> 'a' AS a, body IS NULL AS json FROM parley_events ORDER BY position",
    );
    expect(rows).toEqual([
      { a: "1.50", json: true },
      { a: null, json: false },
      { a: null, json: false },
      { a: "2", json: true },
    ]);
    const heard: string[] = [];
    await transport.subscribe({ ...subscription, ordering: "topic" }, async ({ envelope }) => {
      heard.push(Buffer.from(envelope.data).toString());
      return "done";
    });
    await vi.waitFor(() => expect(heard).toEqual(bodies), WAIT);
  });

  it("gives groups and single listeners the same positions, which grow", async () => {
    const { transport } = await openTransport(subject);
    const positions = { group: [] as bigint[], single: [] as bigint[] };
    const hear = (into: bigint[]) => async (delivery: Delivery) => {
      into.push(delivery.position?.offset ?? -1n);
      return "done" as const;
    };
    await transport.subscribe({ ...subscription, ordering: "topic" }, hear(positions.group));
    await transport.subscribe({ ...subscription, group: undefined, ordering: "topic" }, hear(positions.single));
    await transport.publish(
      TOPIC,
      upTo(50).map((n) => event({ n })),
    );
    await vi.waitFor(() => expect(positions.single).toHaveLength(50), WAIT);
    await vi.waitFor(() => expect(positions.group).toEqual(positions.single), WAIT);
    expect(positions.single).toEqual(positions.single.toSorted((a, b) => Number(a - b)));
  });

  it("begins at the latest for who asks, however long the log is and whatever was removed from it", async () => {
    const { database } = await openTransport(subject);
    const fill =
      "INSERT INTO parley_events (topic, data) SELECT $1, json_build_object('n', n) FROM generate_series(1, 12000) AS n";
    await database.query(fill, [TOPIC]);
    await database.query("DELETE FROM parley_events WHERE position % 1000 = 7 OR position < 100");
    const { transport } = await openTransport(subject, database);
    const ledgers = [
      { group: "g", ...createLedger() },
      { group: undefined, ...createLedger() },
    ];
    for (const { group, handler } of ledgers) {
      await transport.subscribe({ ...subscription, group, from: "latest" }, handler);
    }
    await transport.publish(TOPIC, [event({ n: 0 })]);
    for (const { heard } of ledgers) await vi.waitFor(() => expect(heard).toEqual([0]), WAIT);
  });

  it("removes what is old once every group that lives has handled it", async () => {
    const { database, transport } = await openTransport(subject);
    const { handler, heard } = createLedger();
    const consumer = await transport.subscribe(subscription, handler);
    await transport.publish(
      TOPIC,
      upTo(30).map((n) => event({ n, key: `k${n % 5}` })),
    );
    await vi.waitFor(() => expect(heard).toHaveLength(30), WAIT);
    expect(await consumer.lag()).toBe(0);
    await consumer.close();
    await transport.publish(TOPIC, [event({ n: 30, key: "k0" })]);
    await database.query("UPDATE parley_events SET published_at = now() - interval '8 days'");
    const cleanUp = startCleanUp(resolveTransportOptions({ database }));
    await cleanUp.run();
    const left = async () => (await database.query("SELECT 1 FROM parley_events")).rowCount;
    expect(await left()).toBeGreaterThan(0);
    await database.query("UPDATE parley_event_cursors SET seen_at = now() - interval '8 days'");
    await cleanUp.run();
    expect(await left()).toBe(0);
    await cleanUp.close();
  });

  it("keeps a topic's place when its group asks for another order", async () => {
    const { transport } = await openTransport(subject);
    const ledger = createLedger();
    for (const [round, ordering] of (["key", "topic", "none"] as const).entries()) {
      const consumer = await transport.subscribe({ ...subscription, ordering }, ledger.handler);
      await transport.publish(TOPIC, [event({ n: round })]);
      await vi.waitFor(() => expect(ledger.heard).toEqual(upTo(round + 1)), WAIT);
      await vi.waitFor(async () => expect(await consumer.lag()).toBe(0), WAIT);
      await consumer.close();
    }
  });
});

describe.each(all.filter(({ isConcurrent }) => isConcurrent))(
  "the log under concurrent writers on $name",
  { timeout: atScale(30_000, 120_000) },
  (subject) => {
    it("skips none that commits in the reverse of its order, and no gap of a roll-back stops it", async () => {
      const { database, transport } = await openTransport(subject);
      const { handler, heard } = createLedger();
      await transport.subscribe(subscription, handler);
      const ROUNDS = atScale(100, 1_000);
      for (let round = 0; round < ROUNDS; round += 1) {
        const inserted = Promise.withResolvers<void>();
        const overtaken = Promise.withResolvers<void>();
        const slow = database.transaction(async (tx) => {
          await tx.query(INSERT, [TOPIC, `k${round % 3}`, { n: 2 * round }]);
          inserted.resolve();
          await overtaken.promise;
        });
        await inserted.promise;
        const rolledBack = database.transaction(async (tx) => {
          await tx.query(INSERT, [TOPIC, "k", { n: -1 }]);
          throw new Error("no");
        });
        await rolledBack.catch(() => {});
        await transport.publish(TOPIC, [event({ n: 2 * round + 1, key: `k${round % 3}` })]);
        overtaken.resolve();
        await slow;
      }
      await vi.waitFor(() => expect(heard).toHaveLength(2 * ROUNDS), WAIT);
      expect(heard.toSorted((a, b) => a - b)).toEqual(upTo(2 * ROUNDS));
    });

    it("waits for no transaction that writes elsewhere, however long it runs, gaps or not", async () => {
      const { database, transport } = await openTransport(subject);
      await database.query("CREATE TABLE elsewhere (id integer)");
      const { handler, heard } = createLedger();
      await transport.subscribe(subscription, handler);
      await database.transaction(async (long) => {
        await long.query("INSERT INTO elsewhere VALUES (1)");
        await transport.publish(TOPIC, [event({ n: 0 })]);
        await vi.waitFor(() => expect(heard).toEqual([0]), WAIT);
        const rolledBack = database.transaction(async (tx) => {
          await tx.query(INSERT, [TOPIC, null, { n: -1 }]);
          throw new Error("no");
        });
        await rolledBack.catch(() => {});
        await transport.publish(TOPIC, [event({ n: 1 })]);
        await vi.waitFor(() => expect(heard).toEqual([0, 1]), WAIT);
      });
    });

    it("holds back what follows a position that an open transaction has, until it ends", async () => {
      const { database, transport } = await openTransport(subject);
      const { handler, heard } = createLedger();
      await transport.subscribe(subscription, handler);
      await database.transaction(async (tx) => {
        await tx.query(INSERT, [TOPIC, "k", { n: 0 }]);
        await transport.publish(TOPIC, [event({ n: 1, key: "k" })]);
        await database.query("SELECT pg_sleep(0.3)"); // six polls
        expect(heard).toEqual([]);
      });
      await vi.waitFor(() => expect(heard).toEqual([0, 1]), WAIT);
    });

    it("is read whole while twenty clients write to it and some roll back", { timeout: 30_000 }, async () => {
      const { database, transport } = await openTransport(subject);
      const { handler, heard } = createLedger();
      await transport.subscribe(subscription, handler);
      const [WRITERS, EACH] = [20, 50];
      let committed = 0;
      const write = async (writer: number): Promise<void> => {
        for (let round = 0; round < EACH; round += 1) {
          const isLost = (round + writer) % 5 === 0;
          const insert = database.transaction(async (tx) => {
            await tx.query(INSERT, [TOPIC, null, { n: isLost ? -1 : writer * EACH + round }]);
            if (round % 3 === 0) await tx.query("SELECT pg_sleep(0.002)");
            if (isLost) throw new Error("no");
          });
          if (!isLost) committed += 1;
          await insert.catch((error: Error) => expect(error.message).toBe("no"));
        }
      };
      await Promise.all(upTo(WRITERS).map(write));
      await vi.waitFor(() => expect(new Set(heard).size).toBe(committed), WAIT);
      expect(heard).toHaveLength(committed);
      expect(heard).not.toContain(-1);
    });
  },
);
