import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { invalidArgument } from "@parley/core";
import { parseDurationMs } from "@parley/core/internal";
import type { Ordering, TopicSpec } from "@parley/transport";
import { COUNT, numberProblem } from "./check-numbers.ts";
import { type EventInt64, int64Problem } from "./event-int64.ts";

/** What an event promises to those who subscribe. Part of its definition: both sides read it here. */
export interface EventGuarantees {
  /** Whether events of this name and one key (or all of this name) are handled in the order of their commits. Default `key` if it has a key, else `none`. */
  readonly ordering?: Ordering;
  /** How long it stays readable for groups that come later. Default `7d`; `0s` asks for none. */
  readonly retention?: string;
  /** The largest data in bytes. Default 256 KiB: what is larger belongs in a store, with its name in the event. */
  readonly maxBytes?: number;
}

/** Whether an event is published or handled outside of the system that defines it. */
export type ExternalSide = "produced" | "consumed";

export interface EventOptions<Desc extends DescMessage> extends EventGuarantees {
  /** `<domain>.<action>` in lower case: `assignments.created`. The `type` of its envelopes. */
  readonly name: string;
  /**
   * Its topic at the broker. Default its name. Events that name one topic share one order: those of one key are handled in the order of
   * their commits, whatever their names. All of them need a `key`, or `ordering: "topic"`.
   */
  readonly topic?: string;
  /** The message that is its data, as JSON in the contract's names (`assignment_id`). */
  readonly schema: Desc;
  /** How that JSON writes 64-bit integers. Default `auto`: as numbers, and as strings beyond 2^53, where a number is not exact. */
  readonly int64?: EventInt64;
  /** What it belongs to: events of one topic and one key keep their order. Between topics there is none, whatever the key. */
  readonly key?: (payload: MessageShape<Desc>) => string | number | bigint;
  /**
   * The side that is outside of this system: `produced` for an event that another system publishes, `consumed` for one that only
   * another system handles. Without it `parley check` refuses an event that no service publishes or nothing handles.
   */
  readonly external?: ExternalSide;
  /** What a client may ask to hear about: `courses/7`. Default none. */
  readonly subject?: (payload: MessageShape<Desc>) => string;
}

/** An event as the bus sees it. With a topic of its own it is also the spec of that topic; else see {@link eventTopics}. Made by {@link defineEvent}. */
export interface EventDefinition<Desc extends DescMessage = DescMessage> extends TopicSpec {
  readonly kind: "event";
  readonly name: string;
  /** Where it is published: its name, or a topic that it shares. */
  readonly topic: string;
  readonly schema: Desc;
  readonly ordering: Ordering;
  readonly retentionMs: number;
  readonly maxBytes: number;
  /** Default `auto`. */
  readonly int64?: EventInt64;
  readonly external?: ExternalSide;
  /** `maxBytes`, as a topic has it. */
  readonly maxDataBytes: number;
  /** What was asked for by name, apart from defaults: a transport that cannot give it is refused at start. */
  readonly asked?: EventGuarantees;
  keyOf(payload: MessageShape<Desc>): string | undefined;
  subjectOf(payload: MessageShape<Desc>): string | undefined;
}

/** Words of lower-case letters, digits, `-` and `_`, two at least: what every broker takes as a name. */
const EVENT_NAME = /^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+$/;
/** The same, but one word is enough. */
const TOPIC_NAME = /^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)*$/;
/** Kafka's limit for a topic is 249, with room left for what is made beside it. */
const MAX_NAME_LENGTH = 200;
const EXTERNAL_SIDES: readonly ExternalSide[] = ["produced", "consumed"];
const DEFAULT_RETENTION = "7d";
const DEFAULT_MAX_BYTES = 256 * 1_024;

/**
 * Defines an event: publishers and subscribers share it.
 * @throws ParleyError INVALID_ARGUMENT that lists every option that is wrong.
 */
export function defineEvent<Desc extends DescMessage>(options: EventOptions<Desc>): EventDefinition<Desc> {
  const { name, topic = name, schema, key, subject, maxBytes = DEFAULT_MAX_BYTES } = options;
  const ordering = options.ordering ?? (key ? "key" : "none");
  const retention = options.retention ?? DEFAULT_RETENTION;
  const retentionMs = parseDurationMs(retention);
  const maxBytesProblem = numberProblem(maxBytes, COUNT);
  const where = `the event ${JSON.stringify(name)}`;
  const problems = [
    !EVENT_NAME.test(name) && "must be named <domain>.<action> in lower case, such as assignments.created",
    name.length > MAX_NAME_LENGTH && `must have a name of at most ${MAX_NAME_LENGTH} characters`,
    topic !== name &&
      !TOPIC_NAME.test(topic) &&
      `must have a topic in lower case, such as courses, got ${JSON.stringify(topic)}`,
    topic.length > MAX_NAME_LENGTH && topic !== name && `must have a topic of at most ${MAX_NAME_LENGTH} characters`,
    topic !== name && ordering === "none" && `shares the topic ${topic} but has no order: give it a key`,
    retentionMs === undefined && `must have a retention such as 7d or 12h, got ${JSON.stringify(retention)}`,
    maxBytesProblem !== undefined && `must have maxBytes that ${maxBytesProblem}`,
    int64Problem(options.int64),
    options.external !== undefined &&
      !EXTERNAL_SIDES.includes(options.external) &&
      `must have external that is ${EXTERNAL_SIDES.join(" or ")}, got ${JSON.stringify(options.external)}`,
    ordering === "key" && !key && 'asks for ordering "key" but has no key: say what it belongs to',
  ].filter((problem) => typeof problem === "string");
  if (problems.length > 0) throw invalidArgument(problems.map((description) => ({ field: where, description })));
  return {
    kind: "event",
    name,
    topic,
    schema,
    ordering,
    retentionMs: retentionMs ?? 0,
    maxBytes,
    ...(options.int64 && { int64: options.int64 }),
    ...(options.external && { external: options.external }),
    maxDataBytes: maxBytes,
    asked: {
      ...(options.ordering && { ordering: options.ordering }),
      ...(options.retention && { retention: options.retention }),
      ...(options.maxBytes && { maxBytes: options.maxBytes }),
    },
    keyOf: (payload) => (key ? String(key(payload)) : undefined),
    subjectOf: (payload) => subject?.(payload),
  };
}
