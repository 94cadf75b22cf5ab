import type { Clock, Logger } from "@parley/core";
import type { LazyAbort } from "@parley/core/internal";
import type { Ordering, TransportCapabilities } from "./capabilities.ts";
import type { ConnectionState } from "./connection-state.ts";
import type { Envelope } from "./envelope/envelope.ts";

/**
 * The port that a broker's adapter implements. Proved by the suite `describeEventTransport` of
 * `@parley/transport/testing`.
 *
 * Guarantees: an event is delivered at least once to each group; a group gets it until its handler says `done`; with
 * `ordering` other than `none`, while a delivery is unsettled no later one of its key (or topic) is delivered to any
 * member of the group, over redelivery, restart and rebalance.
 */
export interface EventTransport {
  /** `nats`, `postgres`, …: for messages, logs and metrics. */
  readonly name: string;
  readonly capabilities: TransportCapabilities;
  /** Present where `capabilities.requestReply`. */
  readonly requests?: RequestReply | undefined;
  /**
   * Publishes in the order given; all of one topic. Resolves when the broker has made every one durable.
   * @throws ParleyError UNAVAILABLE when the broker cannot be reached, DEADLINE_EXCEEDED when the signal or the
   *   transport's own limit ends the wait (some may have been published: publish again, the inbox drops repeats),
   *   RESOURCE_EXHAUSTED when the broker refuses for want of memory or disk, INVALID_ARGUMENT for data over
   *   `maxDataBytes`; the message names the broker's reason.
   */
  publish(topic: string, envelopes: readonly Envelope[], options?: PublishOptions): Promise<void>;
  /** Delivers to `handler` until the consumer is closed; reconnects by itself without limit. */
  subscribe(subscription: Subscription, handler: DeliveryHandler): Promise<Consumer>;
  /** Closes consumers (see {@link Consumer.close}), then the connections. Idempotent. */
  close(options?: CloseOptions): Promise<void>;
}

export interface PublishOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface CloseOptions {
  /**
   * Ends the wait for running handlers; what they have not settled is delivered again later. A close ends within a second of it,
   * also when the broker is silent.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Who wants what. */
export interface Subscription {
  /** Exact names. */
  readonly topics: readonly string[];
  /**
   * Members of one group share the events; each group gets all. Undefined is a group of its own that lives as long as
   * the consumer does (a gateway that tells its clients): nothing is kept for it, nothing is delivered again.
   */
  readonly group: string | undefined;
  /** Where a group begins that the broker does not know yet. A group that exists goes on where it was. */
  readonly from: StartPosition;
  /**
   * Handlers that run at once in this consumer. What is fetched ahead is bounded by it too. With 1, no order and no group,
   * the events of one log come in the order of their positions.
   */
  readonly concurrency: number;
  readonly ordering: Ordering;
  /** How long a handler may take before the broker gives the event to another member: at least this long. */
  readonly acknowledgeWithinMs: number;
  /**
   * With `group` undefined: called after events may have been missed, when the connection was lost and the broker kept
   * nothing meanwhile. A transport with `capabilities.replay` goes on where it was instead, as long as that is readable.
   */
  readonly onMissed?: ((reason: string) => void) | undefined;
}

/** `sinceMs` needs `capabilities.replay`: events published at or after that time (Unix epoch, milliseconds). */
export type StartPosition = "earliest" | "latest" | { readonly sinceMs: number };

/** One event at one member of a group. */
export interface Delivery {
  readonly topic: string;
  readonly envelope: Envelope;
  /** 1 at first. A lower bound: brokers forget. */
  readonly attempt: number;
  /** Where it stands in the broker's log. Present where `capabilities.replay`. */
  readonly position?: Position | undefined;
  /** Aborts when the consumer is closed by force or the event was given to another member: stop, nothing counts any more. */
  readonly signal: AbortSignal;
  /** The same, where the signal itself is only made when it is asked for. */
  readonly lost?: LazyAbort | undefined;
}

/** Positions of one log grow with each event; those of different logs have nothing to do with each other. */
export interface Position {
  /** Names the log: a stream, a topic and partition. The same for every consumer and process. */
  readonly log: string;
  readonly offset: bigint;
}

/** What became of a delivery. A handler that rejects is `{ retryAfterMs: 1_000 }`, logged. */
export type Outcome = "done" | { readonly retryAfterMs: number };

export type DeliveryHandler = (delivery: Delivery) => Promise<Outcome>;

export interface Consumer {
  /** Events of its group that wait or are with a handler, as the broker counts them now. */
  lag(options?: { readonly signal?: AbortSignal | undefined }): Promise<number>;
  /** Stops intake, lets running handlers finish, acknowledges, leaves. The group and its place stay. Idempotent. */
  close(options?: CloseOptions): Promise<void>;
}

/** Questions to whoever answers a subject: one answer, no retention. */
export interface RequestReply {
  /** @throws ParleyError UNAVAILABLE when nobody answers that subject, DEADLINE_EXCEEDED when the signal ends the wait. */
  request(subject: string, envelope: Envelope, options: { readonly signal: AbortSignal }): Promise<Envelope>;
  /** Members of one group share the requests. A handler that rejects is answered with its error, as a `ParleyError`. */
  respond(
    subject: string,
    group: string,
    handler: (envelope: Envelope, options: { readonly signal: AbortSignal }) => Promise<Envelope>,
  ): Promise<{ close(): Promise<void> }>;
}

/** A topic as the system defines it: what `defineEvent` gives is one. A transport makes at start what is missing, and warns where what is there differs. */
export interface TopicSpec {
  readonly name: string;
  readonly ordering: Ordering;
  /** How long events are kept for groups that come later. */
  readonly retentionMs: number;
  readonly maxDataBytes: number;
}

/** What every adapter's `connect(options)` takes. */
export interface TransportOptions {
  /** `nats://localhost:4222`; several servers by commas where the broker has them. May hold a password: never logged. */
  readonly url: string;
  /** Names the client at the broker, and prefixes what Parley makes for itself there. */
  readonly clientName: string;
  readonly topics: readonly TopicSpec[];
  /** How long one publish may wait for the broker. Default 10 s. */
  readonly publishTimeoutMs?: number | undefined;
  /** Called when the broker is lost after the transport has connected, and when it is reached again; for metrics and health. */
  readonly onConnection?: ((state: ConnectionState) => void) | undefined;
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
}

/** How an adapter connects: checks the server's durability settings (warns by name), makes topics. */
export type ConnectTransport = (options: TransportOptions) => Promise<EventTransport>;
