import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { Executor, Transaction } from "@parley/core";
import type {
  EnqueueOptions,
  Envelope,
  EventDefinition,
  QueueDefinition,
  StartPosition,
  WorkerOptions,
} from "@parley/events";
import type { DatabaseDefinition } from "./service.ts";

/** What comes with every piece of work. */
export interface HandlingContext<Store> {
  /** The transaction of the handler's effects: they count together with the note that it is done, or not at all. */
  readonly tx: Store extends DatabaseDefinition ? Transaction : undefined;
  /** 1 at first. */
  readonly attempt: number;
  /** Aborts when the time of the handling is over, or somebody else was given the work. */
  readonly signal: AbortSignal;
}

export interface EventContext<Store> extends HandlingContext<Store> {
  readonly envelope: Envelope;
}

export interface BatchContext<Store> extends HandlingContext<Store> {
  /** One per payload, in the same order. */
  readonly envelopes: readonly Envelope[];
}

export interface SubscribeOptions {
  /** Members of one group share the events. Default the service's name, so that its instances do. */
  readonly group?: string;
  /** Where a group begins that is new. Default `latest`. */
  readonly from?: StartPosition;
  /** What makes two events the same one. Default their id; `correlation` counts one per conversation. */
  readonly dedupBy?: "event" | "correlation";
}

export interface BatchOptions extends SubscribeOptions {
  readonly maxSize: number;
  /** How long the first of a batch waits for more. */
  readonly maxWaitMs: number;
}

export interface PublishOptions {
  /** Sent so long after the commit. Default at once. */
  readonly delayMs?: number;
}

/** Hearing events, which every service can. */
export interface HearingTools<Store> {
  /**
   * Hears an event. The handler's statements and the note that the event was handled commit together, so that a repeat
   * changes nothing; in a service without a database it may run more than once for one event. What a handler throws is
   * tried again as the policy says; an event that cannot be handled becomes a dead letter.
   */
  subscribe<Desc extends DescMessage>(
    event: EventDefinition<Desc>,
    handler: (payload: MessageShape<Desc>, context: EventContext<Store>) => Promise<void> | void,
    options?: SubscribeOptions,
  ): void;
  /** Hears events some at a time, in one transaction: those of a batch are all handled, or none. */
  subscribeBatch<Desc extends DescMessage>(
    event: EventDefinition<Desc>,
    handler: (payloads: readonly MessageShape<Desc>[], context: BatchContext<Store>) => Promise<void> | void,
    options: BatchOptions,
  ): void;
}

/** Telling, and working, which need a database: events and jobs are stored with the change that they tell of. */
export interface StoringTools<Event extends EventDefinition, Queue extends QueueDefinition> {
  /**
   * Stores an event in a transaction. It is sent once that has committed, and never if it has not. Given the database
   * itself, it has a transaction of its own.
   */
  publish<E extends Event>(
    tx: Executor,
    event: E,
    payload: MessageInitShape<E["schema"]>,
    options?: PublishOptions,
  ): Promise<void>;
  /** Stores a job in a transaction. It is worked on once that has committed. */
  enqueue<Q extends Queue>(
    tx: Executor,
    queue: Q,
    payload: MessageInitShape<Q["schema"]>,
    options?: EnqueueOptions,
  ): Promise<void>;
  /** Works on the jobs of a queue. The handler's statements and the note that the job is done commit together. */
  work<Q extends Queue>(
    queue: Q,
    handler: (payload: MessageShape<Q["schema"]>, context: HandlingContext<DatabaseDefinition>) => Promise<void> | void,
    options?: WorkerOptions,
  ): void;
}
