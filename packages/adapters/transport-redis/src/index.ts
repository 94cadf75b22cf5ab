/** Parley's event transport over Redis Streams. */
export { capabilitiesOf } from "./capabilities.ts";
export { connect } from "./connect.ts";
