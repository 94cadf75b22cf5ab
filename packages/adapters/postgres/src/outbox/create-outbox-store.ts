import { type Clock, type Database, sleep, systemClock } from "@parley/core";
import { type OutboxEntry, type OutboxStore, toStorableKey } from "@parley/events";
import { type StoredAttributes, toAttributes } from "../envelope/attributes.ts";
import { fromStoredData, toStoredData } from "../envelope/stored-data.ts";

export interface OutboxStoreOptions {
  readonly clock?: Clock | undefined;
}

interface LeasedRow {
  readonly sequence: bigint | null;
  readonly topic: string;
  readonly attributes: StoredAttributes;
  readonly data: string | null;
  readonly body: Uint8Array | null;
  readonly attempts: number;
  readonly lease: bigint;
}

/** An entry as this store hands it out: `lease` fences it against whoever took it after the lease ran out. */
interface HeldEntry extends OutboxEntry {
  readonly lease?: bigint;
}

const APPEND = `
  INSERT INTO parley_outbox (topic, key, attributes, data, body, due_at)
  SELECT $1, e.key, e.attributes, e.data, e.body,
    coalesce(to_timestamp($6::double precision / 1000), clock_timestamp())
  FROM unnest($2::text[], $3::json[], $4::text[], $5::bytea[]) AS e (key, attributes, data, body)`;

const LEASE = "SELECT * FROM parley_lease_outbox($1::integer, $2::double precision)";

const SETTLE = "SELECT parley_settle_outbox($1::bigint[], $2::bigint[], $3::double precision[], $4::bigint[])";

const LAG = `
  SELECT count(*)::integer AS count,
    coalesce(extract(epoch FROM clock_timestamp() - min(due_at)) * 1000, 0)::double precision AS "oldestMs"
  FROM parley_outbox WHERE due_at <= clock_timestamp()`;

/**
 * How long entries that an older transaction still hides are waited for: most end within milliseconds, and a relay that
 * went back to sleep would find them only at its next poll.
 */
const HIDDEN_WAITS_MS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/**
 * The outbox in the tables of a service.
 *
 * Entries of a key keep the order in which transactions appended them: change first and publish after, and that is the
 * order of the commits, because the lock on what was changed is held until then.
 */
export function createOutboxStore(database: Database, { clock = systemClock }: OutboxStoreOptions = {}): OutboxStore {
  return {
    async append(tx, topic, envelopes, { notBeforeMs } = {}) {
      if (envelopes.length === 0) return;
      const data = envelopes.map((envelope) => toStoredData(envelope.data));
      const params = [
        topic,
        envelopes.map(({ key }) => (key === undefined ? undefined : toStorableKey(key))),
        envelopes.map(toAttributes),
        data.map(({ text }) => text),
        data.map(({ bytes }) => bytes),
        notBeforeMs,
      ];
      await tx.query(APPEND, params, { prepare: true });
    },

    async lease({ limit, leaseMs, signal }) {
      for (const waitMs of [...HIDDEN_WAITS_MS, 0]) {
        const { rows } = await database.query<LeasedRow>(LEASE, [limit, leaseMs], { signal });
        const taken = rows.flatMap(toEntry).sort((a, b) => (a.sequence < b.sequence ? -1 : 1));
        if (taken.length > 0 || rows.length === 0) return taken;
        if (waitMs > 0) await sleep(waitMs, { signal, clock });
      }
      return [];
    },

    async settle({ sent, failed }) {
      if (sent.length === 0 && failed.length === 0) return;
      await database.query(SETTLE, [
        sent.map(({ sequence }) => sequence),
        failed.map(({ entry }) => entry.sequence),
        failed.map(({ retryAfterMs }) => retryAfterMs),
        failed.map(({ entry }: { readonly entry: HeldEntry }) => entry.lease),
      ]);
    },

    async lag() {
      const { rows } = await database.query<{ count: number; oldestMs: number }>(LAG);
      return rows[0] ?? { count: 0, oldestMs: 0 };
    },
  };
}

function toEntry({ sequence, topic, attributes, data, body, attempts, lease }: LeasedRow): HeldEntry[] {
  if (sequence === null) return [];
  const envelope = { ...attributes, data: fromStoredData({ text: data, bytes: body }) };
  return [{ sequence, topic, envelope, attempts, lease }];
}
