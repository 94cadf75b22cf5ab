/** Parley's event transport over RabbitMQ. */
export {};
