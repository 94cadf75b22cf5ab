import type { Executor } from "@parley/core";
import { type Envelope, fromHeaders } from "@parley/events";
import type { StoredAttributes } from "../envelope/attributes.ts";
import { fromStoredData } from "../envelope/stored-data.ts";
import { TRANSPORT_NAME } from "./options.ts";

/** An event as the log has it. */
export interface LoggedEvent {
  readonly position: bigint;
  readonly topic: string;
  readonly envelope: Envelope;
  /** Which of the places that were asked for it is of. */
  readonly place: number;
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
  readonly place: number;
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

const READ_TOPICS = `
  SELECT ${COLUMNS}, 1 AS place FROM parley_events e
  WHERE e.position > $2 AND e.position <= $3 AND e.topic = ANY($1::text[])
  ORDER BY e.position LIMIT $4`;

/** The next events of each place, at most `limit` of each. Those of one place are in order. */
export async function readParts(
  executor: Executor,
  places: readonly Place[],
  { upTo, limit }: { readonly upTo: bigint; readonly limit: number },
): Promise<readonly LoggedEvent[]> {
  const { rows } = await executor.query<EventRow>(READ_PARTS, [
    places.map(({ topic }) => topic),
    places.map(({ part }) => part),
    places.map(({ after }) => after),
    upTo,
    limit,
  ]);
  return rows.map(toEvent);
}

/** The next events of some topics, in the order of the log. */
export async function readTopics(
  executor: Executor,
  topics: readonly string[],
  { after, upTo, limit }: { readonly after: bigint; readonly upTo: bigint; readonly limit: number },
): Promise<readonly LoggedEvent[]> {
  const { rows } = await executor.query<EventRow>(READ_TOPICS, [topics, after, upTo, limit]);
  return rows.map(toEvent);
}

function toEvent({ position, topic, key, id, attributes, data, body, published_at, place }: EventRow): LoggedEvent {
  const bytes = fromStoredData({ text: data, bytes: body });
  const envelope = isComplete(attributes)
    ? { ...attributes, data: bytes }
    : fromHeaders(topic, {}, bytes, {
        transport: TRANSPORT_NAME,
        id,
        receivedAtMs: published_at.getTime(),
        key: key ?? undefined,
      });
  return { position, topic, envelope, place: place - 1 };
}

/** A foreign client may write what it likes into the column. */
function isComplete(attributes: StoredAttributes | null): attributes is StoredAttributes {
  return typeof attributes?.type === "string" && typeof attributes.id === "string" && attributes.extensions != null;
}
