/** Events and work: the port for brokers, the ports of storage, and the bus over them. */
export * from "./definition/define-event.ts";
export * from "./definition/define-queue.ts";
export * from "./delivery/in-flight.ts";
export * from "./delivery/attempt.ts";
export * from "./delivery/keyed-executor.ts";
export * from "./envelope/envelope.ts";
export * from "./envelope/from-headers.ts";
export * from "./envelope/header-style.ts";
export * from "./envelope/to-headers.ts";
export type * from "./store/dead-letter-store.ts";
export type * from "./store/inbox-store.ts";
export type * from "./store/outbox-store.ts";
export type * from "./store/work-store.ts";
export type * from "./transport/capabilities.ts";
export { assertDataSize, assertSubscription, keepsOrder } from "./transport/check-subscription.ts";
export type * from "./transport/event-transport.ts";
