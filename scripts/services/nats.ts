import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exchange } from "./exchange.ts";
import { findProgram, runProgram } from "./run-program.ts";
import type { ServerDefinition, ServerPlace } from "./server.ts";

const VERSION = "v2.15.2";
const BUILD_TIMEOUT_MS = 5 * 60_000;

function builtPath({ programsDir }: ServerPlace): string {
  return join(programsDir, VERSION, "nats-server");
}

function configuration({ dataDir, port }: ServerPlace): string {
  return [
    `listen: "127.0.0.1:${port}"`,
    "jetstream {",
    `  store_dir: ${JSON.stringify(dataDir)}`,
    "  sync_interval: always # an acknowledged message is on disk; the default leaves two minutes",
    "}",
    "",
  ].join("\n");
}

/** NATS with JetStream: a current server where there is Go to build it, else Debian's. */
export const nats: ServerDefinition = {
  name: "nats",
  defaultPort: 4222,
  address: (port) => ({ variable: "PARLEY_TEST_NATS_URL", value: `nats://127.0.0.1:${port}` }),
  missingPackages: (place) => {
    const isThere =
      existsSync(builtPath(place)) || findProgram("go") !== undefined || findProgram("nats-server") !== undefined;
    return isThere ? [] : ["nats-server"];
  },
  fetchPrograms: async (place) => {
    const go = findProgram("go");
    if (go === undefined || existsSync(builtPath(place))) return;
    const env = { GOBIN: join(place.programsDir, VERSION) };
    await runProgram(go, ["install", `github.com/nats-io/nats-server/v2@${VERSION}`], {
      timeoutMs: BUILD_TIMEOUT_MS,
      env,
    });
  },
  prepare: async (place) => {
    mkdirSync(place.dataDir, { recursive: true });
    const config = join(place.dataDir, "nats.conf");
    writeFileSync(config, configuration(place));
    const command = existsSync(builtPath(place)) ? builtPath(place) : (findProgram("nats-server") ?? "nats-server");
    return { command, args: ["--config", config] };
  },
  probe: async (port, { timeoutMs }) => {
    const answer = (await exchange(port, { send: "", timeoutMs })).toString();
    if (!answer.startsWith("INFO {"))
      throw new Error(`NATS on port ${port} answered ${JSON.stringify(answer.slice(0, 80))}`);
    if (!answer.includes('"jetstream":true')) throw new Error(`NATS on port ${port} runs without JetStream`);
  },
};
