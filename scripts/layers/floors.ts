/** The house, bottom up: a package may import packages of lower floors only. */
export const FLOORS: readonly (readonly string[])[] = [
  ["@parley/core", "@parley/wire", "@parley/protobuf"],
  [
    "@parley/rpc",
    "@parley/transport",
    "@parley/events",
    "@parley/eventsourcing",
    "@parley/identity",
    "@parley/telemetry",
  ],
  [
    "@parley/postgres",
    "@parley/transport-nats",
    "@parley/transport-rabbitmq",
    "@parley/transport-kafka",
    "@parley/transport-redis",
    "@parley/mesh",
  ],
  ["@parley/gateway", "@parley/webhooks"],
  ["parleyjs", "@parley/admin", "@parley/contract-tools", "@parley/runtime", "@parley/cli", "@parley/console"],
];

/** The arrows that a floor allows within itself. */
export const SAME_FLOOR: readonly { readonly from: string; readonly to: string; readonly why: string }[] = [
  { from: "@parley/wire", to: "@parley/core", why: "the engine room takes its clock and its logger from the core" },
  { from: "@parley/protobuf", to: "@parley/core", why: "codecs and validation report with the errors of the core" },
  { from: "@parley/protobuf", to: "@parley/wire", why: "encoded messages lie in pooled buffers" },
  { from: "@parley/runtime", to: "parleyjs", why: "it runs what is defined there" },
  { from: "@parley/runtime", to: "@parley/admin", why: "each service serves the operations API" },
  { from: "@parley/cli", to: "parleyjs", why: "the command reads definitions" },
  { from: "@parley/cli", to: "@parley/runtime", why: "the command starts systems" },
  { from: "@parley/cli", to: "@parley/contract-tools", why: "check and generate" },
  {
    from: "@parley/events",
    to: "@parley/transport",
    why: "the bus publishes and subscribes over the port for brokers",
  },
  { from: "@parley/eventsourcing", to: "@parley/events", why: "sagas send commands and hear events" },
];

/** Folders whose packages stand above the house: they see every floor, through the public door only, and nothing sees them. */
export const ROOF: readonly string[] = ["systems", "bench", "docs", "examples"];

/** The export that is for sibling packages and outside the promises made to users. */
export const SIBLING_DOOR = "./internal";
