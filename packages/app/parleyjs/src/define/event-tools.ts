import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Executor } from "@parley/core";
import type {
  EnqueueOptions,
  EventBus,
  EventDefinition,
  JobHandler,
  QueueDefinition,
  WorkOptions,
} from "@parley/events";

/**
 * What every service can do over the bus: hear events, and ask and answer questions. In a service with a database a
 * handler runs in a transaction with the note that the event was handled, so that a repeat changes nothing; in one
 * without, it may run more than once for one event.
 */
export type HearingTools = Pick<EventBus, "subscribe" | "subscribeBatch" | "request" | "respond">;

/** What needs a database: events and jobs are stored with the change that they tell of. */
export interface StoringTools<Event extends EventDefinition, Queue extends QueueDefinition> {
  /**
   * Stores an event in a transaction. It is sent once that has committed, and never if it has not. Given the database
   * itself, it has a transaction of its own.
   * @throws ParleyError INVALID_ARGUMENT for a payload that breaks its contract or is too large, FAILED_PRECONDITION for
   *   an event that the service does not say it publishes.
   */
  publish<E extends Event>(
    tx: Executor,
    event: E,
    payload: MessageInitShape<E["schema"]>,
    options?: { readonly delayMs?: number },
  ): Promise<void>;
  /** Stores a job in a transaction. It is worked on once that has committed. */
  enqueue<Q extends Queue>(
    tx: Executor,
    queue: Q,
    payload: MessageInitShape<Q["schema"]>,
    options?: EnqueueOptions,
  ): Promise<void>;
  /** Works on the jobs of a queue. The handler's statements and the note that the job is done commit together. */
  work<Q extends Queue>(queue: Q, handler: JobHandler<Q["schema"]>, options?: WorkOptions): void;
}
