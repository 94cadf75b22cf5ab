import type { DescService, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { BusObserver, Clock, Database, Logger, Transaction } from "@parley/core";
import type { EnqueueOptions, EventDefinition, QueueDefinition, RequestDefinition } from "@parley/events";
import type { Client } from "@parley/rpc";
import type { DatabaseDefinition } from "./service.ts";

/** How an event leaves. */
export interface PublishOptions {
  /** Earliest sending, in milliseconds from now. Default at once. */
  readonly delayMs?: number;
}

/** The events and requests of a service that has no database. */
export interface EventTools<
  Event extends EventDefinition = EventDefinition,
  Request extends RequestDefinition = RequestDefinition,
> {
  /**
   * Publishes an event that has no cause in the database: a tick of a timer, a reading of a sensor. Never beside a change in the
   * database: a crash between the two would lose one of them; `publish` with the transaction of the change is for that.
   *
   * With a database the event is stored in a transaction of its own and resolves when that has committed; a relay sends it from
   * there, also after a crash. Without a database it goes to the broker directly and resolves when the broker has confirmed it; if
   * it rejects, the event may or may not have been sent, and it is not tried again.
   * @throws ParleyError INVALID_ARGUMENT for a payload that breaks its contract or is too large, FAILED_PRECONDITION for an event
   *   that `publishes` does not list or a delay without a database; without a database UNAVAILABLE while the broker is away.
   */
  publishNow<E extends Event>(
    event: E,
    payload: MessageInitShape<E["schema"]>,
    options?: PublishOptions,
  ): Promise<void>;
  /**
   * Asks whichever service responds, over the broker. Default limit 10 s, or what is left of the caller's deadline.
   * @throws ParleyError FAILED_PRECONDITION for a request that `requests` does not list or a transport without request and reply,
   *   and whatever the responder throws.
   */
  request<R extends Request>(
    request: R,
    payload: MessageInitShape<R["request"]>,
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<MessageShape<R["response"]>>;
}

/** The events and requests of a service with a database. */
export interface StoredEventTools<
  Event extends EventDefinition = EventDefinition,
  Request extends RequestDefinition = RequestDefinition,
> extends EventTools<Event, Request> {
  /**
   * Stores an event in the transaction of the change that caused it. It is sent once that has committed, and never if it has not.
   * The database itself is refused: a change and an event in two transactions can be torn apart by a crash.
   * @throws ParleyError INVALID_ARGUMENT for a payload that breaks its contract or is too large, FAILED_PRECONDITION for an event
   *   that `publishes` does not list or what is no transaction.
   */
  publish<E extends Event>(
    tx: Transaction,
    event: E,
    payload: MessageInitShape<E["schema"]>,
    options?: PublishOptions,
  ): Promise<void>;
}

/** The jobs of a service with a database. */
export interface JobTools<Queue extends QueueDefinition = QueueDefinition> {
  /**
   * Stores a job in the transaction of the change that asks for it. It is worked on once that has committed.
   * @throws ParleyError INVALID_ARGUMENT for a payload that breaks its contract, FAILED_PRECONDITION for a queue that `queues`
   *   does not list or what is no transaction.
   */
  enqueue<Q extends Queue>(
    tx: Transaction,
    queue: Q,
    payload: MessageInitShape<Q["schema"]>,
    options?: EnqueueOptions,
  ): Promise<void>;
  /** Stores a job that no change in the database asks for, in a transaction of its own; resolves when that has committed. */
  enqueueNow<Q extends Queue>(
    queue: Q,
    payload: MessageInitShape<Q["schema"]>,
    options?: EnqueueOptions,
  ): Promise<void>;
}

/** What `setup` of every service is given. */
export interface CommonTools<Calls> {
  /** A typed client per entry of `calls`. */
  readonly calls: {
    readonly [Name in keyof Calls]: Calls[Name] extends DescService ? Client<Calls[Name]> : never;
  };
  /** Writes with the service's name, and with the request id and trace id of the call that is running. */
  readonly log: Logger;
  readonly clock: Clock;
  /**
   * Registers what must end with the service: it runs once the server has finished its calls, before the database
   * closes. The latest registered ends first.
   */
  onStop(close: () => Promise<void> | void): void;
  /** Takes what happens on the service's bus to its metrics; for what reports there by itself, as `createWebhooks` does. */
  readonly observe: BusObserver;
}

/** What `setup` is given: clients, tools, and if the service has a database `db` and what stores in it. */
export type SetupTools<
  Calls = object,
  Store = DatabaseDefinition,
  Event extends EventDefinition = EventDefinition,
  Queue extends QueueDefinition = QueueDefinition,
  Request extends RequestDefinition = RequestDefinition,
> = CommonTools<Calls> &
  (Store extends DatabaseDefinition
    ? {
        readonly db: Database;
        readonly events: StoredEventTools<Event, Request>;
        readonly jobs: JobTools<Queue>;
      }
    : { readonly events: EventTools<Event, Request> });
