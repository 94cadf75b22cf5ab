import { createOutboxStore, migrateEventStores, type PostgresDatabase } from "@parley/postgres";
import { describe, expect, it } from "vitest";
import { atScale } from "../../../../../scripts/testing/at-scale.ts";
import { event, numberOf } from "../support/envelopes.ts";
import { subjects } from "../support/subjects.ts";

const signal = new AbortController().signal;
const TOPIC = "tests.happened";

describe.each(await subjects())("the outbox on $name", { timeout: 30_000 }, (subject) => {
  const openOutbox = async () => {
    subject.fresh();
    const database = await subject.open();
    await migrateEventStores(database);
    return { database, outbox: createOutboxStore(database) };
  };
  const lease = (outbox: ReturnType<typeof createOutboxStore>, limit = 100, leaseMs = 60_000) =>
    outbox.lease({ limit, leaseMs, signal });

  it("gives back each envelope as it was, text or not", async () => {
    const { database, outbox } = await openOutbox();
    const strange = [
      event({ key: 'k "1"\\', subject: "courses/7", schema: "urn:x", data: Buffer.from([0, 255, 1]) }),
      event({ extensions: { traceparent: "00-a", tenant: "ü\u0000" }, data: new Uint8Array() }),
      event({ data: Buffer.from('\uFEFF{"a": 1.50}') }),
    ];
    await outbox.append(database, TOPIC, strange);
    const entries = await lease(outbox);
    expect(entries.map(({ envelope }) => ({ ...envelope, data: Buffer.from(envelope.data) }))).toEqual(
      strange.map((envelope) => ({ ...envelope, data: Buffer.from(envelope.data) })),
    );
    expect(entries.map(({ topic, attempts }) => [topic, attempts])).toEqual(strange.map(() => [TOPIC, 0]));
  });

  it("keeps nothing of a transaction that rolls back, and nothing once it is sent", async () => {
    const { database, outbox } = await openOutbox();
    const rolledBack = database.transaction(async (tx) => {
      await outbox.append(tx, TOPIC, [event()]);
      throw new Error("no");
    });
    await expect(rolledBack).rejects.toThrow("no");
    expect(await outbox.lag()).toEqual({ count: 0, oldestMs: 0 });
    await database.transaction((tx) => outbox.append(tx, TOPIC, [event(), event()]));
    expect((await outbox.lag()).count).toBe(2);
    await outbox.settle({ sent: await lease(outbox), failed: [] });
    expect(await lease(outbox)).toEqual([]);
    expect(await outbox.lag()).toEqual({ count: 0, oldestMs: 0 });
    expect((await database.query("SELECT * FROM parley_outbox_holds")).rows).toEqual([]);
  });

  it("gives nothing of a key to anyone while an entry of it is leased or waits for its retry", async () => {
    const { database, outbox } = await openOutbox();
    const other = createOutboxStore(database);
    await outbox.append(
      database,
      TOPIC,
      [0, 1, 2].map((n) => event({ n, key: "a" })),
    );
    const [first] = await lease(outbox, 1);
    await outbox.append(database, TOPIC, [event({ n: 3, key: "b" }), event({ n: 4 })]);
    await outbox.append(database, "tests.others", [event({ n: 5, key: "a" })]);
    const elsewhere = await lease(other);
    expect(elsewhere.map(({ envelope }) => numberOf(envelope))).toEqual([3, 4, 5]);
    if (!first) throw new Error("nothing was leased");
    await outbox.settle({ sent: [], failed: [{ entry: first, retryAfterMs: 60_000 }] });
    expect(await lease(other)).toEqual([]);
    await outbox.settle({ sent: [], failed: [{ entry: first, retryAfterMs: 0 }] });
    const again = await lease(other);
    expect(again.map(({ envelope, attempts }) => [numberOf(envelope), attempts])).toEqual([
      [0, 2],
      [1, 0],
      [2, 0],
    ]);
  });

  it("frees a lease that ran out, and lets whoever had it change nothing of the next one's", async () => {
    const { database, outbox } = await openOutbox();
    await outbox.append(database, TOPIC, [event({ key: "a" })]);
    const late = await lease(outbox, 1, 1);
    await expect.poll(() => lease(outbox)).toHaveLength(1);
    await outbox.settle({ sent: [], failed: late.map((entry) => ({ entry, retryAfterMs: 0 })) });
    expect(await lease(outbox)).toEqual([]);
  });

  it("delays what is not to be sent yet, which holds up nothing and is not late", async () => {
    const { database, outbox } = await openOutbox();
    await outbox.append(database, TOPIC, [event({ n: 1, key: "a" })], { notBeforeMs: Date.now() + 600_000 });
    await outbox.append(database, TOPIC, [event({ n: 2, key: "a" })]);
    expect((await lease(outbox)).map(({ envelope }) => numberOf(envelope))).toEqual([2]);
    expect((await outbox.lag()).count).toBe(1);
  });

  it.runIf(subject.isConcurrent)("sends none before an older transaction has ended, and tells of it", async () => {
    const { database, outbox } = await openOutbox();
    const { promise: end, resolve } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const older = database.transaction(async (tx) => {
      await outbox.append(tx, TOPIC, [event({ n: 1 })]);
      begin();
      await end;
    });
    await begun;
    await outbox.append(database, TOPIC, [event({ n: 2 })]);
    expect(await lease(outbox)).toEqual([]);
    expect((await outbox.lag()).count).toBe(1);
    await expect.poll(async () => (await outbox.lag()).oldestMs).toBeGreaterThan(50);
    resolve();
    await older;
    expect((await lease(outbox)).map(({ envelope }) => numberOf(envelope))).toEqual([1, 2]);
  });

  it.runIf(subject.isConcurrent)(
    "misses none of transactions that commit in the reverse of their order",
    {
      timeout: atScale(30_000, 120_000),
    },
    async () => {
      const { database, outbox } = await openOutbox();
      const seen: number[] = [];
      const ROUNDS = atScale(100, 1_000);
      let writing = true;
      const relay = async (): Promise<void> => {
        while (writing || seen.length < 2 * ROUNDS) {
          const entries = await lease(outbox, 7);
          seen.push(...entries.map(({ envelope }) => numberOf(envelope)));
          await outbox.settle({ sent: entries, failed: [] });
        }
      };
      const relaying = relay();
      for (let round = 0; round < ROUNDS; round += 1) {
        const appended = Promise.withResolvers<void>();
        const overtaken = Promise.withResolvers<void>();
        const slow = database.transaction(async (tx) => {
          await outbox.append(tx, TOPIC, [event({ n: 2 * round })]);
          appended.resolve();
          await overtaken.promise;
        });
        await appended.promise;
        await outbox.append(database, TOPIC, [event({ n: 2 * round + 1 })]);
        overtaken.resolve();
        await slow;
      }
      writing = false;
      await relaying;
      expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 2 * ROUNDS }, (_, n) => n));
    },
  );

  it("keeps each key in order under three relays, some of whose sendings fail", { timeout: 60_000 }, async () => {
    const { database } = await openOutbox();
    const [KEYS, PER_KEY] = [20, subject.isConcurrent ? 24 : 9];
    await database.query("CREATE TABLE counters (key text PRIMARY KEY, n integer NOT NULL)");
    const ledger = new Map<string, number[]>();
    const total = KEYS * PER_KEY;
    let sent = 0;
    const relay = async (name: number): Promise<void> => {
      const outbox = createOutboxStore(subject.isConcurrent ? await subject.open() : database);
      for (let turn = 0; sent < total; turn += 1) {
        const entries = await lease(outbox, 13);
        // Not at each turn: what is left may be of one key, which would then never get through.
        const fails = entries.filter((_, index) => (turn + name) % 2 === 0 && (index + turn) % 7 === 0);
        const failedKeys = new Set(fails.map(({ envelope }) => envelope.key));
        const good = entries.filter(({ envelope }) => !failedKeys.has(envelope.key));
        for (const { envelope } of good) {
          ledger.set(envelope.key ?? "", [...(ledger.get(envelope.key ?? "") ?? []), numberOf(envelope)]);
        }
        sent += good.length;
        const rest = entries.filter(({ envelope }) => failedKeys.has(envelope.key));
        await outbox.settle({ sent: good, failed: rest.map((entry) => ({ entry, retryAfterMs: turn % 3 })) });
      }
    };
    const write = async (database: PostgresDatabase, writer: number): Promise<void> => {
      const outbox = createOutboxStore(database);
      for (let round = 0; round < PER_KEY / 3; round += 1) {
        for (let index = 0; index < KEYS; index += 1) {
          const key = `k${(index * (writer + 1) + round) % KEYS}`;
          await database.transaction(async (tx) => {
            const { rows } = await tx.query<{ n: number }>(
              "INSERT INTO counters VALUES ($1, 0) ON CONFLICT (key) DO UPDATE SET n = counters.n + 1 RETURNING n",
              [key],
            );
            await outbox.append(tx, TOPIC, [event({ n: rows[0]?.n ?? -1, key })]);
          });
        }
      }
    };
    await Promise.all([...[0, 1, 2].map(relay), ...[0, 2, 6].map((writer) => write(database, writer))]);
    expect([...ledger.keys()].toSorted()).toEqual(Array.from({ length: KEYS }, (_, n) => `k${n}`).toSorted());
    for (const [key, numbers] of ledger) expect(numbers, key).toEqual(numbers.toSorted((a, b) => a - b));
    expect([...ledger.values()].flat()).toHaveLength(total);
  });
});
