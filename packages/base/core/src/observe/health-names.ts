/** The name under which a service tells over `grpc.health.v1` whether its events reach the broker. One without events has no such name. */
export const EVENTS_HEALTH = "parley.events";
