/** Parley's event transport over NATS. */
export {};
