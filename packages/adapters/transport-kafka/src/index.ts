/** Parley's event transport over Kafka. */
export { connect } from "./connect.ts";
