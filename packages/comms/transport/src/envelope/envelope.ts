/**
 * One event on its way: the attributes of CloudEvents 1.0 and the bytes of its data. A transport carries it in the
 * binary mode of its protocol binding: attributes as headers, data as the body, so that a plain client of the broker
 * reads the data without knowing either.
 *
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 */
export interface Envelope {
  /** Unique among all events of the source; a repeat of the same event keeps it. */
  readonly id: string;
  /** Who published it, as a URI reference: `/assignment-service`. */
  readonly source: string;
  /** The name of the event, which is also its topic: `assignments.created`. */
  readonly type: string;
  /** When it happened: milliseconds since the Unix epoch. */
  readonly timeMs: number;
  /** What it is about within the source: `courses/7`. Clients may filter live events by it. */
  readonly subject?: string | undefined;
  /** Events with the same key stay in order, where the event asks for it (CloudEvents `partitionkey`). */
  readonly key?: string | undefined;
  /** Default `application/json`. */
  readonly contentType: string;
  /** Names the schema of the data (CloudEvents `dataschema`). */
  readonly schema?: string | undefined;
  /**
   * Extension attributes, names in lower-case letters and digits: `traceparent`, `tracestate`, `correlationid`,
   * `tenant`, `caller`, `causationid`; what is not known is carried on.
   */
  readonly extensions: Readonly<Record<string, string>>;
  readonly data: Uint8Array;
}

/** The one version of the specification that is written and read. */
export const SPEC_VERSION = "1.0";
