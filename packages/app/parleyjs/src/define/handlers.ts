import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type {
  BatchContext,
  BatchItem,
  BatchOptions,
  EventContext,
  EventDefinition,
  JobContext,
  QueueDefinition,
  RequestContext,
  RequestDefinition,
  SubscribeOptions,
  WorkOptions,
} from "@parley/events";

/** A handler of an event, as `setup` returns it in `events`. Made by {@link on}. */
export interface Subscription<Event extends EventDefinition = EventDefinition> {
  readonly kind: "subscription";
  readonly event: Event;
  readonly handler: (message: never, context: EventContext) => Promise<void>;
  readonly options: SubscribeOptions;
}

/** A handler of many events at once, as `setup` returns it in `events`. Made by {@link onBatch}. */
export interface BatchSubscription<Event extends EventDefinition = EventDefinition> {
  readonly kind: "batch subscription";
  readonly event: Event;
  readonly handler: (items: never, context: BatchContext) => Promise<void>;
  readonly options: BatchOptions;
}

/** A handler of the jobs of a queue, as `setup` returns it in `jobs`. Made by {@link work}. */
export interface QueueWorker<Queue extends QueueDefinition = QueueDefinition> {
  readonly kind: "worker";
  readonly queue: Queue;
  readonly handler: (message: never, context: JobContext) => Promise<void>;
  readonly options: WorkOptions;
}

/** What answers a request, as `setup` returns it in `responders`. Made by {@link respond}. */
export interface Responder<Request extends RequestDefinition = RequestDefinition> {
  readonly kind: "responder";
  readonly request: Request;
  readonly handler: (message: never, context: RequestContext) => Promise<object>;
}

/**
 * Handles an event. The service lists it in `subscribes`. With a database the handler runs in a transaction, `tx`, that also
 * records that the event was handled, so what it writes there happens once. Without one it may run more than once for one event,
 * and to use `tx` is FAILED_PRECONDITION. Rejects to be called again, as the policy of the event says.
 */
export function on<Event extends EventDefinition>(
  event: Event,
  handler: (message: MessageShape<Event["schema"]>, context: EventContext) => Promise<void>,
  options: SubscribeOptions = {},
): Subscription<Event> {
  return { kind: "subscription", event, handler, options };
}

/**
 * Handles many events of one name at once, in one transaction. A batch that fails is handled event by event, so that only the
 * one at fault is tried again.
 */
export function onBatch<Event extends EventDefinition>(
  event: Event,
  handler: (items: readonly BatchItem<Event["schema"]>[], context: BatchContext) => Promise<void>,
  options: BatchOptions = {},
): BatchSubscription<Event> {
  return { kind: "batch subscription", event, handler, options };
}

/**
 * Handles the jobs of a queue. The service lists it in `queues`. `tx` begins with its first statement; what the handler writes
 * there and the end of the job commit together.
 */
export function work<Queue extends QueueDefinition>(
  queue: Queue,
  handler: (message: MessageShape<Queue["schema"]>, context: JobContext) => Promise<void>,
  options: WorkOptions = {},
): QueueWorker<Queue> {
  return { kind: "worker", queue, handler, options };
}

/** Answers a request over the broker. The service lists it in `responds`. An error that it throws is the caller's error. */
export function respond<Req extends DescMessage, Res extends DescMessage>(
  request: RequestDefinition<Req, Res>,
  handler: (message: MessageShape<Req>, context: RequestContext) => Promise<MessageInitShape<Res>>,
): Responder<RequestDefinition<Req, Res>> {
  return { kind: "responder", request, handler };
}
