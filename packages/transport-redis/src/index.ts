/** Parley's event transport over Redis Streams. */
export {};
