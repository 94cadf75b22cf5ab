/** For the other packages of Parley; outside of semantic versioning. */
export { AMQP_HEADERS, CONTENT_TYPE_HEADER } from "./envelope/header-style.ts";
