import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const HELLO = fileURLToPath(new URL("./fixtures/hello", import.meta.url));
const RECORDER = new URL("./record-packages.mjs", import.meta.url).href;

/**
 * What an idle service of one method may load, reviewed: each package costs memory in every process. Refused are, among others,
 * protovalidate with CEL (for contracts with rules alone), databases, kysely, the brokers' clients, yaml and buf.
 */
const ALLOWED = new Set([
  "@bufbuild/protobuf",
  "@opentelemetry/api",
  "@opentelemetry/core",
  "@opentelemetry/resources",
  "@opentelemetry/sdk-metrics",
  "@opentelemetry/semantic-conventions",
  "@pinojs/redact",
  "atomic-sleep",
  "commander",
  "on-exit-leak-free",
  "pino",
  "pino-std-serializers",
  "quick-format-unescaped",
  "safe-stable-stringify",
  "sonic-boom",
  "thread-stream",
  "packages/app/admin",
  "packages/app/cli",
  "packages/app/parleyjs",
  "packages/app/runtime",
  "packages/base/core",
  "packages/base/protobuf",
  "packages/base/wire",
  "packages/comms/events",
  "packages/comms/rpc",
  "packages/comms/telemetry",
  "packages/comms/transport",
  // Of these packages, single modules.
  "packages/adapters/postgres/src/embedded/make-folder.ts",
  "packages/adapters/postgres/src/transport/adapter.ts",
  "packages/adapters/postgres/src/transport/capabilities.ts",
  "packages/comms/identity/src/secrets.ts",
  "packages/edge/gateway/src/realtime/options.ts",
  "packages/edge/gateway/src/rest/plain/plain-route.ts",
]);

test("an idle service of one method loads nothing that only others need", async () => {
  const loaded = await loadedByIdleService();
  expect(loaded.some((url) => url.endsWith("/comms/rpc/src/create-server.ts"))).toBe(true);
  const names = loaded.filter((url) => !url.includes("/fixtures/hello/")).map(nameOf);
  expect([...new Set(names)].filter((name) => !ALLOWED.has(name))).toEqual([]);
});

/** The package of a module; the path of the module where only some of its package are allowed. */
function nameOf(url: string): string {
  const foreign = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (foreign !== undefined) return foreign;
  const [path = url, ours = url] = /(packages\/[^/]+\/[^/]+)\/.*/.exec(url) ?? [];
  return ALLOWED.has(ours) ? ours : path;
}

/** The URLs of all modules that `parley start hello` has loaded once it is ready. */
async function loadedByIdleService(): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "parley-loaded-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "loaded.json");
  const args = ["--conditions=@parley/source", "--import", RECORDER, MAIN, "start", "hello", "--system", HELLO];
  const env = { ...process.env, LOADED_FILE: file, LOG_FORMAT: "json" };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  for await (const line of createInterface(child.stdout)) if (line.includes('"ready"')) child.kill("SIGTERM");
  if (child.exitCode === null) await once(child, "exit");
  return JSON.parse(await readFile(file, "utf8"));
}
