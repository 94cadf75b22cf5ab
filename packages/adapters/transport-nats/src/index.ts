/** Parley's event transport over NATS. */
export { nats } from "./adapter.ts";
