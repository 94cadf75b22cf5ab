import type { Executor } from "@parley/core";
import { type Envelope, fromHeaders } from "@parley/transport";
import type { StoredAttributes } from "../envelope/attributes.ts";
import { fromStoredData } from "../envelope/stored-data.ts";
import { TRANSPORT_NAME } from "./capabilities.ts";

/** An event as the log has it. */
export interface LoggedEvent {
  readonly position: bigint;
  readonly topic: string;
  readonly envelope: Envelope;
}

/** A part of a topic, and how far it has been read. */
export interface Place {
  readonly topic: string;
  readonly part: number;
  readonly after: bigint;
}

interface EventRow {
  readonly position: bigint;
  readonly topic: string;
  readonly key: string | null;
  readonly id: string;
  readonly attributes: StoredAttributes | null;
  readonly data: string | null;
  readonly body: Uint8Array | null;
  readonly published_at: Date;
}

const COLUMNS = "e.position, e.topic, e.key, e.id, e.attributes, e.data::text AS data, e.body, e.published_at";

const READ_PARTS = `
  SELECT ${COLUMNS}, p.place::integer AS place
  FROM unnest($1::text[], $2::smallint[], $3::bigint[]) WITH ORDINALITY AS p (topic, part, after, place)
  CROSS JOIN LATERAL (
    SELECT * FROM parley_events e
    WHERE e.topic = p.topic AND e.part = p.part AND e.position > p.after AND e.position <= $4
    ORDER BY e.position LIMIT $5
  ) AS e`;

/** Along the positions: the index of places would have to be sorted, and the topic is kept from it. */
const READ_TOPICS = `
  SELECT ${COLUMNS} FROM parley_events e
  WHERE e.position > $2 AND e.position <= $3 AND e.topic || '' = ANY($1::text[])
  ORDER BY e.position LIMIT $4`;

/** Positions that one statement looks through: topics that are rare in a long log must not make it a slow one. */
const STRIDE = 20_000n;

/** What was read of one place, and how far that reaches. */
export interface PlaceRead {
  readonly events: readonly LoggedEvent[];
  readonly reached: bigint;
}

/** The next events of each place, in order, at most `limit` of each. */
export async function readParts(
  executor: Executor,
  places: readonly Place[],
  { upTo, limit }: { readonly upTo: bigint; readonly limit: number },
): Promise<readonly PlaceRead[]> {
  const { rows } = await executor.query<EventRow & { readonly place: number }>(READ_PARTS, [
    places.map(({ topic }) => topic),
    places.map(({ part }) => part),
    places.map(({ after }) => after),
    upTo,
    limit,
  ]);
  const read = places.map((): LoggedEvent[] => []);
  for (const row of rows) read[row.place - 1]?.push(toEvent(row));
  return read.map((events) => ({ events, reached: events.length < limit ? upTo : (events.at(-1)?.position ?? upTo) }));
}

/** The next events of some topics, in the order of the log, and how far they reach. */
export async function readTopics(
  executor: Executor,
  topics: readonly string[],
  { after, upTo, limit }: { readonly after: bigint; readonly upTo: bigint; readonly limit: number },
): Promise<PlaceRead> {
  const end = after + STRIDE < upTo ? after + STRIDE : upTo;
  const { rows } = await executor.query<EventRow>(READ_TOPICS, [topics, after, end, limit]);
  const events = rows.map(toEvent);
  return { events, reached: rows.length < limit ? end : (rows.at(-1)?.position ?? end) };
}

function toEvent({ position, topic, key, id, attributes, data, body, published_at }: EventRow): LoggedEvent {
  const bytes = fromStoredData({ text: data, bytes: body });
  const envelope = isComplete(attributes)
    ? { ...attributes, data: bytes }
    : fromHeaders(topic, {}, bytes, {
        transport: TRANSPORT_NAME,
        id,
        receivedAtMs: published_at.getTime(),
        key: key ?? undefined,
      });
  return { position, topic, envelope };
}

/** A foreign client may write what it likes into the column: what is no envelope counts as absent. */
function isComplete(attributes: StoredAttributes | null): attributes is StoredAttributes {
  if (attributes === null) return false;
  const { id, source, type, timeMs, contentType, subject, key, schema, extensions } = attributes;
  return (
    isText(id) &&
    isText(source) &&
    isText(type) &&
    isText(contentType) &&
    typeof timeMs === "number" &&
    Math.abs(timeMs) <= MAX_TIME_MS &&
    isTextOrAbsent(subject) &&
    isTextOrAbsent(key) &&
    isTextOrAbsent(schema) &&
    typeof extensions === "object" &&
    extensions !== null &&
    Object.values(extensions).every(isText)
  );
}

/** The last time that a `Date` can be. */
const MAX_TIME_MS = 8.64e15;
const isText = (value: unknown): boolean => typeof value === "string";
const isTextOrAbsent = (value: unknown): boolean => value === undefined || typeof value === "string";
