/** Parley's event transport over Kafka. */
export { kafka } from "./adapter.ts";
