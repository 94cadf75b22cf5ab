/** Parley's event transport over RabbitMQ. */
export { rabbitmq } from "./adapter.ts";
