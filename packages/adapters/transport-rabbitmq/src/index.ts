/** Parley's event transport over RabbitMQ. */
export { CAPABILITIES } from "./capabilities.ts";
export { connect, type RabbitOptions } from "./connect.ts";
export { EVENTS_EXCHANGE, queueOf } from "./topics.ts";
