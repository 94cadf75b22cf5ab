/** Parley's event transport over Redis Streams. */
export { redis } from "./adapter.ts";
