/** The port for brokers: the envelope, what a transport promises, and the kit that adapters are built with. */
export type { Ordering, TransportCapabilities } from "./capabilities.ts";
export { assertDataSize, assertSubscription, keepsOrder } from "./check-subscription.ts";
export { type ConnectionState, reportChanges } from "./connection-state.ts";
export { createTransport, type TransportParts } from "./create-transport.ts";
export { AbortableDelivery } from "./delivery/abortable-delivery.ts";
export { attempt } from "./delivery/attempt.ts";
export { createInFlight, type InFlight } from "./delivery/in-flight.ts";
export { createKeyedExecutor, type KeyedExecutor, type TaskEnd } from "./delivery/keyed-executor.ts";
export type { ExternalMessageDefaults } from "./envelope/attributes.ts";
export type { Envelope } from "./envelope/envelope.ts";
export { decodeErrorReply, ERROR_REPLY_HEADER, encodeErrorReply } from "./envelope/error-reply.ts";
export { fromHeaderList, fromHeaders } from "./envelope/from-headers.ts";
export { KAFKA_HEADERS } from "./envelope/header-style.ts";
export { HeaderBytes, HeaderTexts, RepeatedHeader } from "./envelope/repeated-headers.ts";
export { toHeaderList, toHeaders } from "./envelope/to-headers.ts";
export type {
  CloseOptions,
  ConnectTransport,
  Consumer,
  Delivery,
  DeliveryHandler,
  EventTransport,
  Outcome,
  Position,
  PublishOptions,
  RequestReply,
  StartPosition,
  Subscription,
  TopicSpec,
  TransportOptions,
} from "./event-transport.ts";
export type { TransportAdapter, TransportSummary } from "./transport-adapter.ts";
export { withinLimit } from "./within-limit.ts";
