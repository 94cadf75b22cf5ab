/** Parley's event transport over NATS. */
export { connect } from "./connect.ts";
