import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { CallContext, Executor, Transaction } from "@parley/core";
import type { CloseOptions, Envelope, Ordering, StartPosition } from "@parley/transport";
import type { EventDefinition } from "./definition/define-event.ts";
import type { EnqueueOptions, QueueDefinition, WorkerOptions } from "./definition/define-queue.ts";
import type { RequestDefinition } from "./definition/define-request.ts";
import type { EventPolicy } from "./policy.ts";
import type { DeadLetter, DeadLetterFilter } from "./store/dead-letter-store.ts";

/**
 * The context of a handler of an event, as of a call: restored from the event, with the deadline of the attempt. Of the user whom
 * it was published for there is the subject, without roles or claims: an event proves nothing.
 */
export interface EventContext extends CallContext {
  /**
   * The transaction in which the event is also recorded as handled: effects in it happen once, whatever is delivered
   * twice. Of a service without a database there is none, and to use it is FAILED_PRECONDITION.
   */
  readonly tx: Transaction;
  readonly envelope: Envelope;
  /** 1 at first. */
  readonly attempt: number;
}

/** The context of a handler of a batch. Its events have no conversation, user or tenant in common: those are in their envelopes. */
export interface BatchContext extends CallContext {
  /** As of {@link EventContext}, for all events of the batch together. */
  readonly tx: Transaction;
}

/** The context of what answers a request: restored from it, with its deadline. */
export interface RequestContext extends CallContext {
  readonly envelope: Envelope;
}

/** Rejects to be called again; see {@link EventPolicy} for how often, and for the errors that end at once. */
export type EventHandler<Desc extends DescMessage> = (
  payload: MessageShape<Desc>,
  context: EventContext,
) => Promise<void>;

export interface BatchItem<Desc extends DescMessage> {
  readonly payload: MessageShape<Desc>;
  readonly envelope: Envelope;
}

/** A batch has no two events of a key if the subscription asks for order. One that fails is tried again event by event. */
export type BatchHandler<Desc extends DescMessage> = (
  items: readonly BatchItem<Desc>[],
  context: BatchContext,
) => Promise<void>;

export interface SubscribeOptions extends Partial<EventPolicy> {
  /** Default the service's name. Each group gets every event; processes of one group share them. */
  readonly group?: string;
  /** Where a group begins that is new. Default `earliest` where the transport keeps events, else `latest`. */
  readonly from?: StartPosition;
  /** Default what the event promises. */
  readonly ordering?: Ordering;
  /**
   * What makes two events the same: their id, or the conversation that they belong to (`correlation`), for publishers
   * that repeat a request under a new id. Default `id`.
   */
  readonly dedupBy?: "id" | "correlation";
}

export interface BatchOptions extends SubscribeOptions {
  /** Default 100. */
  readonly maxSize?: number;
  /** How long the first of a batch waits for others. Default 100 ms. */
  readonly maxWaitMs?: number;
}

/** The context of a handler of a job: restored from the call that enqueued it, with the deadline of the attempt. */
export interface JobContext extends CallContext {
  /** Begins with its first statement. What is done in it and the end of the job commit together. */
  readonly tx: Transaction;
  /** The same at each attempt. */
  readonly id: string;
  /** 1 at first. */
  readonly attempt: number;
}

export type JobHandler<Desc extends DescMessage> = (payload: MessageShape<Desc>, context: JobContext) => Promise<void>;

export interface WorkOptions extends WorkerOptions, Partial<Omit<EventPolicy, "concurrency" | "acknowledgeWithinMs">> {}

export interface ReplayOptions {
  /** How fast this process handles them, until none is left. Default `replayPerSecond` of the settings. */
  readonly perSecond?: number;
}

export interface DeadLetters {
  list(filter?: DeadLetterFilter): Promise<readonly DeadLetter[]>;
  show(id: string): Promise<DeadLetter | undefined>;
  /** Asks for letters to be handled again by the running service, those of a key in order; returns how many. */
  replay(filter: DeadLetterFilter, options?: ReplayOptions): Promise<number>;
  /** Forgets letters; what waited behind them goes on. Returns how many. */
  drop(filter: DeadLetterFilter): Promise<number>;
}

/** What waits, by what it waits for. */
export interface BusLag {
  /** Events that are stored and not sent. */
  readonly outbox: number;
  /** Events that are sent and not handled, by event and group. */
  readonly groups: readonly {
    readonly event: string;
    readonly group: string;
    readonly count: number;
    /** How long ago the oldest was published, as far as this process has it; undefined if it has none of those that wait. */
    readonly oldestMs?: number | undefined;
  }[];
  /** Jobs that are due or at work here, by queue. */
  readonly queues: readonly {
    readonly queue: string;
    readonly count: number;
    /** How long the oldest has waited, where the store knows it. */
    readonly oldestMs?: number | undefined;
  }[];
}

/** The bus of one service. Say what is heard and worked, then start it. */
export interface EventBus {
  /**
   * Stores an event with the transaction; a relay sends it after the commit, in the order of commits per key. Given a
   * database instead of a transaction, it is one of its own.
   * @throws ParleyError INVALID_ARGUMENT for a payload that breaks its contract or is too large.
   */
  publish<Desc extends DescMessage>(
    tx: Executor,
    event: EventDefinition<Desc>,
    payload: MessageInitShape<Desc>,
    options?: { readonly delayMs?: number },
  ): Promise<void>;
  /**
   * Publishes an event that no change in the database caused. With an outbox it is stored in a transaction of its own, as by
   * {@link publish}; without one it goes to the broker directly and resolves when the broker has confirmed it. If that rejects,
   * the event may or may not have been sent, and it is not tried again.
   * @throws ParleyError INVALID_ARGUMENT for a payload that breaks its contract or is too large, FAILED_PRECONDITION for a delay
   *   without an outbox; else as the transport says.
   */
  publishNow<Desc extends DescMessage>(
    event: EventDefinition<Desc>,
    payload: MessageInitShape<Desc>,
    options?: { readonly delayMs?: number },
  ): Promise<void>;
  /** Before {@link start}. Once in effect where the service has a database, else at least once. */
  subscribe<Desc extends DescMessage>(
    event: EventDefinition<Desc>,
    handler: EventHandler<Desc>,
    options?: SubscribeOptions,
  ): void;
  subscribeBatch<Desc extends DescMessage>(
    event: EventDefinition<Desc>,
    handler: BatchHandler<Desc>,
    options?: BatchOptions,
  ): void;
  /** Stores a job with the transaction. */
  enqueue<Desc extends DescMessage>(
    tx: Executor,
    queue: QueueDefinition<Desc>,
    payload: MessageInitShape<Desc>,
    options?: EnqueueOptions,
  ): Promise<void>;
  /** Stores a job that no change in the database asks for, in a transaction of its own. */
  enqueueNow<Desc extends DescMessage>(
    queue: QueueDefinition<Desc>,
    payload: MessageInitShape<Desc>,
    options?: EnqueueOptions,
  ): Promise<void>;
  /** Before {@link start}. A job is done at least once, and its effects in `tx` once. */
  work<Desc extends DescMessage>(queue: QueueDefinition<Desc>, handler: JobHandler<Desc>, options?: WorkOptions): void;
  /** @throws ParleyError FAILED_PRECONDITION where the transport has no request and reply; else as the port says. */
  request<Req extends DescMessage, Res extends DescMessage>(
    definition: RequestDefinition<Req, Res>,
    payload: MessageInitShape<Req>,
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<MessageShape<Res>>;
  /** Before {@link start}. */
  respond<Req extends DescMessage, Res extends DescMessage>(
    definition: RequestDefinition<Req, Res>,
    handler: (payload: MessageShape<Req>, context: RequestContext) => Promise<MessageInitShape<Res>>,
  ): void;
  /**
   * Begins to relay, to hear and to work. After a failure it may be started again.
   * @throws ParleyError FAILED_PRECONDITION that lists what the transport cannot give, with transports that can.
   */
  start(): Promise<void>;
  /** Stops the intake, lets handlers end, sends what the outbox still has, and stops. The signal ends the wait. Idempotent. */
  drain(options?: CloseOptions): Promise<void>;
  lag(): Promise<BusLag>;
  readonly deadLetters: DeadLetters;
}
