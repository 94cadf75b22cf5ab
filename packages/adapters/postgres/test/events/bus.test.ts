import { DurationSchema } from "@bufbuild/protobuf/wkt";
import type { Database } from "@parley/core";
import { createSeededRandom } from "@parley/core/internal";
import { createEventBus, defineEvent } from "@parley/events";
import { createDeadLetterStore, createOutboxStore, migrateEventStores, openDatabase } from "@parley/postgres";
import { createMemoryTransport } from "@parley/transport/testing";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { atScale } from "../../../../../scripts/testing/at-scale.ts";
import { realPostgres } from "../../src/testing/real-postgres.ts";
import { freshName } from "../../src/testing/with-database.ts";
import { startBus } from "../support/bus-process.ts";

const EVENTS = atScale(2_000, 10_000);
const KEYS = 10;
const KILLS = atScale(6, 30);
const PROCESSES = 3;
const WAIT = { timeout: atScale(60_000, 300_000), interval: 100 };

const server = await realPostgres();

/** Numbers in the order in which their effects came, by key. */
async function effectsOf(database: Database): Promise<Map<string, number[]>> {
  const { rows } = await database.query<{ id: string; key: string }>("SELECT id, key FROM effects ORDER BY number");
  const byKey = new Map<string, number[]>();
  for (const { id, key } of rows) byKey.set(key, [...(byKey.get(key) ?? []), Number(id)]);
  return byKey;
}

async function countOf(database: Database, table: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>(`SELECT count(*)::integer AS count FROM ${table}`);
  return rows[0]?.count ?? 0;
}

describe.skipIf(!server)("a bus whose processes are killed", () => {
  const url = server?.newDatabase() ?? "";

  it("has each effect once and each key in order; what is poison waits with its key, and follows in order", {
    timeout: atScale(180_000, 900_000),
  }, async () => {
    const topic = `numbers.t${freshName()}`;
    const database = await openDatabase({ url });
    onTestFinished(() => database.close());
    await migrateEventStores(database);
    await database.query("CREATE TABLE effects (number bigserial, id text NOT NULL, key text NOT NULL)");
    await database.query("CREATE TABLE mended (at timestamptz)");
    const Numbered = defineEvent({ name: topic, schema: DurationSchema, key: ({ seconds }) => seconds % BigInt(KEYS) });
    const publisher = createEventBus({
      service: "publisher",
      transport: createMemoryTransport(),
      database,
      outbox: createOutboxStore(database),
      deadLetters: createDeadLetterStore(database),
    });

    const running = await Promise.all(Array.from({ length: PROCESSES }, () => startBus(url, topic)));
    const publishing = (async () => {
      for (let at = 0; at < EVENTS; at += 20) {
        await database.transaction(async (tx) => {
          for (let number = at; number < at + 20; number++) {
            await publisher.publish(tx, Numbered, { seconds: BigInt(number) });
          }
        });
      }
    })();
    const random = createSeededRandom(31);
    for (let kill = 0; kill < KILLS; kill++) {
      const effects = await countOf(database, "effects");
      const place = Math.floor(random.next() * PROCESSES);
      running[place]?.kill("SIGKILL");
      running[place] = await startBus(url, topic);
      // Work goes on between two kills, unless all of it is done.
      await vi.waitFor(async () => {
        const [handled, letters] = [await countOf(database, "effects"), await countOf(database, "parley_dead_letters")];
        expect(handled > effects || handled + letters === EVENTS).toBe(true);
      }, WAIT);
    }
    await publishing;

    await vi.waitFor(async () => {
      const handled = await countOf(database, "effects");
      expect(handled + (await countOf(database, "parley_dead_letters"))).toBe(EVENTS);
      expect((await publisher.lag()).outbox).toBe(0);
    }, WAIT);
    const letters = await publisher.deadLetters.list({ limit: EVENTS });
    const reasons = Map.groupBy(letters, ({ reason }) => reason.code);
    expect(reasons.get("INTERNAL")?.map(({ envelope }) => envelope.key)).toEqual(["3"]);
    expect(new Set(letters.map(({ envelope }) => envelope.key))).toEqual(new Set(["3"]));

    await database.query("INSERT INTO mended VALUES (now())");
    await publisher.deadLetters.replay({});
    await vi.waitFor(async () => expect(await countOf(database, "effects")).toBe(EVENTS), WAIT);
    await vi.waitFor(async () => expect(await countOf(database, "parley_dead_letters")).toBe(0), WAIT);
    for (const [key, numbers] of await effectsOf(database)) {
      const expected = Array.from({ length: EVENTS / KEYS }, (_, index) => index * KEYS + Number(key));
      expect(numbers, `key ${key}`).toEqual(expected);
    }
  });
});
