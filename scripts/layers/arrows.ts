/** The floors of the house, bottom up: the folders of `packages/`. */
export const FLOORS = ["base", "comms", "edge", "adapters", "app"] as const;

/**
 * Which packages of Parley the shipped code of each may import: the twin of the table in `docs/architecture.md`. Tests may import what
 * their package declares for development.
 */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "@parley/core": [],
  // Clock and logger.
  "@parley/wire": ["@parley/core"],
  // Encoded messages lie in pooled buffers.
  "@parley/protobuf": ["@parley/core", "@parley/wire"],

  "@parley/rpc": ["@parley/core", "@parley/protobuf", "@parley/wire"],
  "@parley/transport": ["@parley/core"],
  "@parley/events": ["@parley/core", "@parley/protobuf", "@parley/transport"],
  // Access rules are options of contracts.
  "@parley/identity": ["@parley/core", "@parley/protobuf"],
  "@parley/telemetry": ["@parley/core"],

  "@parley/gateway": [
    "@parley/core",
    "@parley/identity",
    "@parley/protobuf",
    "@parley/rpc",
    "@parley/transport",
    "@parley/events",
    "@parley/wire",
  ],
  "@parley/webhooks": ["@parley/core", "@parley/events", "@parley/transport"],

  // The files of an empty embedded database lie in the user's cache folder.
  "@parley/postgres": ["@parley/core", "@parley/events", "@parley/transport", "@parley/wire"],
  "@parley/transport-nats": ["@parley/core", "@parley/transport"],
  "@parley/transport-rabbitmq": ["@parley/core", "@parley/transport"],
  "@parley/transport-kafka": ["@parley/core", "@parley/transport"],
  "@parley/transport-redis": ["@parley/core", "@parley/transport"],

  parleyjs: [
    "@parley/core",
    "@parley/events",
    "@parley/gateway",
    "@parley/identity",
    "@parley/protobuf",
    "@parley/rpc",
    "@parley/transport",
  ],
  "@parley/admin": ["@parley/core", "@parley/events", "@parley/protobuf", "@parley/rpc"],
  // The rules of HTTP paths are those of the gateway.
  "@parley/contract-tools": ["@parley/core", "@parley/gateway", "@parley/protobuf", "@parley/wire"],
  "@parley/runtime": [
    "@parley/admin",
    "@parley/core",
    "@parley/events",
    "@parley/gateway",
    "@parley/identity",
    "@parley/postgres",
    "@parley/protobuf",
    "@parley/rpc",
    "@parley/telemetry",
    "@parley/transport",
    "@parley/transport-kafka",
    "@parley/transport-nats",
    "@parley/transport-rabbitmq",
    "@parley/transport-redis",
    "@parley/wire",
    "parleyjs",
  ],
  "@parley/cli": [
    "@parley/contract-tools",
    "@parley/core",
    "@parley/identity",
    "@parley/postgres",
    "@parley/protobuf",
    "@parley/rpc",
    "@parley/runtime",
    "@parley/wire",
    "parleyjs",
  ],
};

/** Folders whose packages stand above the house: they see every floor, through the public door only, and nothing sees them. */
export const ROOF: readonly string[] = ["systems", "bench", "docs", "examples"];

/** The door for the other packages of Parley, outside of the promises made to users; `./internal/…` too. */
export const INTERNAL_DOOR = "./internal";

/** Words by which an adapter is known: no package of a floor below `adapters` may say one in code. */
export const ADAPTER_WORDS = /\b(nats|rabbitmq|kafka|redis|pglite)\b/i;
