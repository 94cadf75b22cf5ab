/** Events and work: definitions, the bus over a transport and a database, and the ports of its stores. */
export { createEventBus } from "./bus/create-event-bus.ts";
export { deadTopicOf } from "./consume/bury.ts";
export { defineEvent, type EventDefinition, type EventOptions, type ExternalSide } from "./definition/define-event.ts";
export {
  defineQueue,
  type EnqueueOptions,
  type QueueDefinition,
  type QueueOptions,
} from "./definition/define-queue.ts";
export { defineRequest, type RequestDefinition } from "./definition/define-request.ts";
export type { EventInt64 } from "./definition/event-int64.ts";
export { eventTopics } from "./definition/event-topics.ts";
export type {
  BatchContext,
  BatchHandler,
  BatchItem,
  BatchOptions,
  BusLag,
  EventBus,
  EventContext,
  EventHandler,
  JobContext,
  JobHandler,
  RequestContext,
  SubscribeOptions,
  WorkOptions,
} from "./event-bus.ts";
export type { EventBusOptions } from "./parts.ts";
export { type BusSettings, DEFAULT_BUS_SETTINGS, DEFAULT_EVENT_POLICY, type EventPolicy } from "./policy.ts";
export type {
  DeadLetter,
  DeadLetterCount,
  DeadLetterFilter,
  DeadLetterState,
  DeadLetterStore,
} from "./store/dead-letter-store.ts";
export type { InboxStore } from "./store/inbox-store.ts";
export { toIndexKey, toStorableKey } from "./store/index-key.ts";
export type { OutboxEntry, OutboxStore } from "./store/outbox-store.ts";
export type { LeasedJob, NewJob, WorkStore } from "./store/work-store.ts";
