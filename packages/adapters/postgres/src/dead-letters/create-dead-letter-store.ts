import type { Database } from "@parley/core";
import {
  type DeadLetter,
  type DeadLetterCount,
  type DeadLetterFilter,
  type DeadLetterState,
  type DeadLetterStore,
  toIndexKey,
} from "@parley/events";
import { type StoredAttributes, toAttributes } from "../envelope/attributes.ts";
import { fromStoredData, toStoredData } from "../envelope/stored-data.ts";

interface LetterRow {
  readonly id: bigint;
  readonly group_name: string;
  readonly topic: string;
  readonly attributes: StoredAttributes;
  readonly data: string | null;
  readonly body: Uint8Array | null;
  readonly reason_code: string;
  readonly reason_message: string;
  readonly attempts: number;
  readonly first_failed_at: Date;
  readonly dead_at: Date;
  readonly state: DeadLetterState;
}

const ADD = `
  INSERT INTO parley_dead_letters (group_name, topic, key, source, event_id, attributes, data, body,
    reason_code, reason_message, attempts, first_failed_at, dead_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
  ON CONFLICT (group_name, source, event_id) DO NOTHING`;

const BLOCKS = "SELECT 1 FROM parley_dead_letters WHERE group_name = $1 AND topic = $2 AND key = $3 LIMIT 1";

const COUNTS = `
  SELECT topic, group_name AS "group", count(*)::integer AS count,
    (extract(epoch FROM clock_timestamp() - min(dead_at)) * 1000)::double precision AS "oldestMs"
  FROM parley_dead_letters GROUP BY topic, group_name`;

const FAILED_AGAIN = `
  UPDATE parley_dead_letters
  SET state = 'waiting', reason_code = $2, reason_message = $3, attempts = attempts + $4
  WHERE id = $1`;

const DEFAULT_LIMIT = 100;

/**
 * The dead letters in the tables of a service. The columns `key`, `source` and `event_id` are for lookups and may hold digests
 * ({@link toIndexKey}); `attributes` has the originals.
 */
export function createDeadLetterStore(database: Database): DeadLetterStore {
  return {
    async add(tx, { group, topic, envelope, reason, attempts, firstFailedAtMs, deadAtMs }) {
      const { text, bytes } = toStoredData(envelope.data);
      await tx.query(ADD, [
        group,
        topic,
        envelope.key === undefined ? undefined : toIndexKey(envelope.key),
        toIndexKey(envelope.source),
        toIndexKey(envelope.id),
        toAttributes(envelope),
        text,
        bytes,
        reason.code,
        storable(reason.message),
        attempts,
        new Date(firstFailedAtMs),
        new Date(deadAtMs),
      ]);
    },
    async list(filter) {
      const { where, params } = conditionsOf(filter);
      const limit = `LIMIT $${params.push(filter.limit ?? DEFAULT_LIMIT)}`;
      const select = `SELECT * FROM parley_dead_letters WHERE ${where} ORDER BY id ${limit}`;
      const { rows } = await database.query<LetterRow>(select, params);
      return rows.map(toLetter);
    },
    async counts() {
      return (await database.query<DeadLetterCount>(COUNTS)).rows;
    },
    async blocks(tx, group, topic, key) {
      const { rows } = await tx.query(BLOCKS, [group, topic, toIndexKey(key)]);
      return rows.length > 0;
    },
    async failedAgain(tx, id, { reason, attempts }) {
      await tx.query(FAILED_AGAIN, [toRowId(id), reason.code, storable(reason.message), attempts]);
    },
    async update(filter, change, tx = database) {
      const { where, params } = conditionsOf(filter);
      const limit = filter.limit === undefined ? "" : `LIMIT $${params.push(filter.limit)}`;
      const chosen = `id IN (SELECT id FROM parley_dead_letters WHERE ${where} ORDER BY id ${limit} FOR UPDATE)`;
      const statement =
        change === "drop"
          ? `DELETE FROM parley_dead_letters WHERE ${chosen}`
          : `UPDATE parley_dead_letters SET state = $${params.push(change)} WHERE ${chosen}`;
      const { rowCount } = await tx.query(statement, params);
      return rowCount;
    },
  };
}

/** What a filter asks, as SQL over the parameters that go with it. An id that is no number matches nothing. */
function conditionsOf(filter: DeadLetterFilter): { where: string; params: unknown[] } {
  const { id, group, topic, key, state, code, cause, after } = filter;
  const params: unknown[] = [];
  const conditions = ["true"];
  const ask = (condition: string, value: string | undefined): void => {
    if (value !== undefined) conditions.push(`${condition} $${params.push(value)}`);
  };
  ask("id =", id === undefined ? undefined : toRowId(id));
  ask("id >", after === undefined ? undefined : toRowId(after));
  ask("group_name =", group);
  ask("topic =", topic);
  ask("key =", key === undefined ? undefined : toIndexKey(key));
  ask("state =", state);
  ask("reason_code =", code);
  if (cause !== undefined) conditions.push(`strpos(reason_message, $${params.push(storable(cause))}) > 0`);
  return { where: conditions.join(" AND "), params };
}

const MAX_ROW_ID = 2n ** 63n - 1n;

function toRowId(id: string): string {
  return /^\d{1,19}$/.test(id) && BigInt(id) <= MAX_ROW_ID ? id : "-1";
}

/** A message of an error may hold what text cannot, and must not keep a letter from being stored. */
function storable(message: string): string {
  return message.replaceAll("\0", "\uFFFD").toWellFormed();
}

function toLetter(row: LetterRow): DeadLetter {
  return {
    id: String(row.id),
    group: row.group_name,
    topic: row.topic,
    envelope: { ...row.attributes, data: fromStoredData({ text: row.data, bytes: row.body }) },
    reason: { code: row.reason_code, message: row.reason_message },
    attempts: row.attempts,
    firstFailedAtMs: row.first_failed_at.getTime(),
    deadAtMs: row.dead_at.getTime(),
    state: row.state,
  };
}
