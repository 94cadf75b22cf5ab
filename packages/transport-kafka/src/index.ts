/** Parley's event transport over Kafka. */
export {};
