import { migrateEventStores, type OpenDatabaseOptions, openDatabase, type PostgresDatabase } from "@parley/postgres";
import { createPostgresTransport, type PostgresTransportOptions } from "@parley/postgres/transport";
import type { Delivery, Envelope, EventTransport } from "@parley/transport";
import { onTestFinished } from "vitest";
import { freshName } from "../../src/testing/with-database.ts";
import { event, numberOf } from "./envelopes.ts";

export const WAIT = { timeout: 20_000, interval: 20 };
export const base = { from: "earliest", concurrency: 8, ordering: "key", acknowledgeWithinMs: 30_000 } as const;

/** Opens a database for one test. */
export async function open(options: OpenDatabaseOptions): Promise<PostgresDatabase> {
  const database = await openDatabase(options);
  onTestFinished(() => database.close());
  return database;
}

/** Opens a transport for one test. */
export async function openTransport(
  database: PostgresDatabase,
  options: Omit<PostgresTransportOptions, "database"> = {},
): Promise<EventTransport> {
  const transport = await createPostgresTransport({ database, pollMs: 50, ...options });
  onTestFinished(() => transport.close({ signal: AbortSignal.timeout(5_000) }));
  return transport;
}

/** Publishes as a relay does: until it is taken. */
export async function publishSurely(
  transport: EventTransport,
  topic: string,
  envelopes: readonly Envelope[],
): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const published = await transport.publish(topic, envelopes).then(
      () => true,
      () => false,
    );
    if (published) return attempt;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What came, by key, and whether the first arrivals of each key were in order. */
export function createLedger() {
  const byKey = new Map<string, number[]>();
  const seen = new Set<number>();
  let redelivered = 0;
  return {
    seen,
    redelivered: () => redelivered,
    note({ envelope }: Pick<Delivery, "envelope">) {
      const n = numberOf(envelope);
      if (seen.has(n)) redelivered += 1;
      else byKey.set(envelope.key ?? "", [...(byKey.get(envelope.key ?? "") ?? []), n]);
      seen.add(n);
    },
    violations: () =>
      [...byKey.values()].flatMap((numbers) => numbers.filter((n, index) => n < (numbers[index - 1] ?? -1))).length,
  };
}

export const numbered = (count: number, keys: number): Envelope[] =>
  Array.from({ length: count }, (_, n) => event({ n, id: `${freshName()}-${n}`, key: `k${n % keys}` }));

/** The stores' tables, and one for the effects of handlers, empty. */
export async function openEffects(url: string): Promise<PostgresDatabase> {
  const database = await open({ url });
  await migrateEventStores(database);
  await database.query("DROP TABLE IF EXISTS effects");
  await database.query("CREATE TABLE effects (number bigserial, id text NOT NULL, key text)");
  return database;
}
