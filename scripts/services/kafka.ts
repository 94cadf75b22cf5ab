import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exchange } from "./exchange.ts";
import { kafkaLogging, kafkaPom, kafkaProperties } from "./kafka-files.ts";
import { findProgram, runProgram } from "./run-program.ts";
import type { ServerCommand, ServerDefinition, ServerPlace } from "./server.ts";

const VERSION = "4.1.1";
const FETCH_TIMEOUT_MS = 5 * 60_000;
/** Names the one-node cluster; any constant will do. */
const CLUSTER_ID = "cGFybGV5LWthZmthLW9uZQ";
/** ApiVersions, version 0, correlation 7, no client id; preceded by its size. */
const API_VERSIONS_REQUEST = Uint8Array.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff]);
const CORRELATION = 7;

function jarsDir({ programsDir }: ServerPlace): string {
  return join(programsDir, VERSION);
}

/** Maven resolves the broker's jars; the folder appears under its name only when they are all there. */
async function fetchPrograms(place: ServerPlace): Promise<void> {
  if (existsSync(jarsDir(place))) return;
  const draft = `${jarsDir(place)}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  writeFileSync(join(draft, "pom.xml"), kafkaPom(VERSION));
  const args = [
    "--quiet",
    "--batch-mode",
    "dependency:copy-dependencies",
    "-DincludeScope=runtime",
    `-DoutputDirectory=${draft}`,
  ];
  await runProgram("mvn", args, { timeoutMs: FETCH_TIMEOUT_MS, cwd: draft });
  renameSync(draft, jarsDir(place));
}

async function prepare(place: ServerPlace): Promise<ServerCommand> {
  mkdirSync(place.dataDir, { recursive: true });
  const [properties, logging, logDir] = ["server.properties", "log4j2.properties", "log"].map((name) =>
    join(place.dataDir, name),
  ) as [string, string, string];
  writeFileSync(properties, kafkaProperties(place.port, logDir));
  writeFileSync(logging, kafkaLogging());
  const java = ["-cp", join(jarsDir(place), "*"), `-Dlog4j2.configurationFile=${logging}`];
  if (!existsSync(join(logDir, "meta.properties"))) {
    const format = ["kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID, "--config", properties];
    await runProgram("java", [...java, ...format], { timeoutMs: 60_000 });
  }
  return { command: findProgram("java") ?? "java", args: ["-Xmx512m", "-Xms256m", ...java, "kafka.Kafka", properties] };
}

/** Apache Kafka, one node that is broker and controller. */
export const kafka: ServerDefinition = {
  name: "kafka",
  defaultPort: 9092,
  address: (port) => ({ variable: "PARLEY_TEST_KAFKA_BROKERS", value: `127.0.0.1:${port}` }),
  missingPackages: (place) => [
    ...(findProgram("java") === undefined ? ["default-jre-headless"] : []),
    ...(existsSync(jarsDir(place)) || findProgram("mvn") !== undefined ? [] : ["maven"]),
  ],
  fetchPrograms,
  prepare,
  probe: async (port, { timeoutMs }) => {
    const answer = await exchange(port, { send: API_VERSIONS_REQUEST, timeoutMs });
    if (answer.length < 10 || answer.readInt32BE(4) !== CORRELATION || answer.readInt16BE(8) !== 0) {
      throw new Error(`Kafka on port ${port} does not answer ApiVersions`);
    }
  },
};
