import { mkdirSync } from "node:fs";
import { exchange } from "./exchange.ts";
import { findProgram } from "./run-program.ts";
import type { ServerDefinition } from "./server.ts";

/** Redis that has each write on disk before it answers. */
export const redis: ServerDefinition = {
  name: "redis",
  defaultPort: 6379,
  address: (port) => ({ variable: "PARLEY_TEST_REDIS_URL", value: `redis://127.0.0.1:${port}` }),
  missingPackages: () => (findProgram("redis-server") === undefined ? ["redis-server"] : []),
  prepare: async ({ dataDir, port }) => {
    mkdirSync(dataDir, { recursive: true });
    const durable = ["--appendonly", "yes", "--appendfsync", "always"];
    const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", dataDir, ...durable];
    return { command: findProgram("redis-server") ?? "redis-server", args };
  },
  probe: async (port, { timeoutMs }) => {
    const answer = (await exchange(port, { send: "PING\r\n", timeoutMs })).toString();
    if (!answer.startsWith("+PONG")) throw new Error(`Redis on port ${port} answered ${JSON.stringify(answer)}`);
  },
};
