import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exchange } from "./exchange.ts";
import { findProgram, runProgram } from "./run-program.ts";
import type { ServerDefinition, ServerPlace } from "./server.ts";

/** Debian's wrapper on the PATH changes the user and the folders; this is the program behind it. */
const PROGRAM = "/usr/lib/rabbitmq/bin/rabbitmq-server";
const PROTOCOL_HEADER = Uint8Array.from([..."AMQP"].map((char) => char.charCodeAt(0)).concat([0, 0, 9, 1]));
const METHOD_FRAME = 1;

/** Erlang's port mapper outlives its nodes. Ours has a port of its own, so that it can be ended without touching another's. */
function mapperPort(port: number): string {
  return String(port + 20_000);
}

function environment({ dataDir, port }: ServerPlace): Record<string, string> {
  return {
    HOME: dataDir, // holds the cookie
    RABBITMQ_NODENAME: "parley@localhost",
    RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(port + 20_001),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
    RABBITMQ_MNESIA_BASE: join(dataDir, "mnesia"),
    RABBITMQ_LOG_BASE: join(dataDir, "log"),
    RABBITMQ_CONFIG_FILE: join(dataDir, "rabbitmq.conf"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(dataDir, "plugins"),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    ERL_EPMD_PORT: mapperPort(port),
  };
}

/** RabbitMQ with the user `guest`, password `guest`. */
export const rabbitmq: ServerDefinition = {
  name: "rabbitmq",
  defaultPort: 5672,
  address: (port) => ({ variable: "PARLEY_TEST_RABBITMQ_URL", value: `amqp://guest:guest@127.0.0.1:${port}` }),
  missingPackages: () => (findProgram("rabbitmq-server") === undefined ? ["rabbitmq-server"] : []),
  prepare: async (place) => {
    mkdirSync(place.dataDir, { recursive: true });
    writeFileSync(join(place.dataDir, "rabbitmq.conf"), "log.console = true\nlog.console.level = info\n");
    writeFileSync(join(place.dataDir, "plugins"), "[].\n");
    return { command: PROGRAM, args: [], env: environment(place) };
  },
  probe: async (port, { timeoutMs }) => {
    const answer = await exchange(port, { send: PROTOCOL_HEADER, timeoutMs });
    if (answer[0] !== METHOD_FRAME) throw new Error(`RabbitMQ on port ${port} does not speak AMQP 0-9-1`);
  },
  afterStop: async (place) => {
    await runProgram("epmd", ["-port", mapperPort(place.port), "-kill"], { timeoutMs: 5_000 });
  },
};
