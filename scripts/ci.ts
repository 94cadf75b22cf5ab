/**
 * Everything that continuous integration checks, each stage timed, the later ones run though an earlier one failed. Ends with the line
 * `N passed, N failed`, which counts tests; any failed stage makes the exit code 1.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkLock } from "./ci/check-lock.ts";
import { countTests, type TestCount } from "./ci/count-tests.ts";
import { ROOT, run, runStage, type StageResult } from "./ci/stage.ts";
import { installPackages } from "./services/install-packages.ts";
import { selectServers } from "./services/registry.ts";
import { findProgram } from "./services/run-program.ts";
import { startServers } from "./services/start-servers.ts";
import { statusOf } from "./services/status.ts";
import { stopServer } from "./services/stop-server.ts";

/** The real servers that some test needs today, and the programs with the Debian package of each. */
const SERVERS = ["postgres", "redis", "nats", "rabbitmq", "kafka"];
const PROGRAMS: Readonly<Record<string, string>> = { nginx: "nginx", promtool: "prometheus" };
/** The suites of others, whose programs are built with Go; proxies between; and noise and calls without end for a while. */
const CONFORMANCE = [
  ["connect"],
  ["h2spec"],
  ["interop"],
  ["proxies"],
  ["fuzz", "--seconds", "120"],
  ["soak", "--seconds", "30"],
  ["hostile", "--seconds", "3"],
  ["schemathesis"],
];
const LOCK_FILES = ["package-lock.json", "bench/package-lock.json"];

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const task = (...args: string[]): boolean => run(process.execPath, ["scripts/launch.mjs", ...args]);

async function prepareMachine(): Promise<boolean> {
  const missing = Object.entries(PROGRAMS).filter(([program]) => findProgram(program) === undefined);
  await installPackages(missing.map(([, debianPackage]) => debianPackage));
  await startServers(selectServers(SERVERS), { say });
  return true;
}

/** Runs every suite, though one before it failed. */
async function runConformance(): Promise<boolean> {
  await installPackages(findProgram("go") === undefined ? ["golang-go"] : []);
  return CONFORMANCE.map((args) => task("conformance", ...args)).every((isPassed) => isPassed);
}

function checkLockFiles(): boolean {
  const problems = LOCK_FILES.flatMap((file) => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, file), "utf8")) as {
      packages: Parameters<typeof checkLock>[0];
    };
    return checkLock(packages).map((problem) => `${file}: ${problem}`);
  });
  for (const problem of problems) say(problem);
  return problems.length === 0;
}

function runTests(): TestCount {
  const dir = mkdtempSync(join(tmpdir(), "ci-"));
  const report = join(dir, "tests.json");
  try {
    const isPassed = run(
      "npm",
      ["test", "--", "--all", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
      { CI: "true" },
    );
    return countTests(readFileSync(report, "utf8"), isPassed ? "passed" : "failed");
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const before = await Promise.all(selectServers(SERVERS).map(statusOf));
const ownServers = selectServers(SERVERS).filter((_server, index) => before[index]?.state === "down");
let tests: TestCount = { passed: 0, failed: 1 };
const results: StageResult[] = [];
results.push(await runStage("servers", prepareMachine));
results.push(await runStage("lint", () => task("run", "biome", "ci", ".")));
results.push(await runStage("types", () => task("typecheck")));
results.push(await runStage("layers", () => task("layers")));
results.push(await runStage("generated code", () => task("generate", "--check")));
results.push(await runStage("packages", checkLockFiles));
results.push(
  await runStage("tests", () => {
    tests = runTests();
    return tests.failed === 0;
  }),
);
results.push(await runStage("packed", () => task("packed")));
results.push(await runStage("conformance", runConformance));
results.push(await runStage("examples", () => task("examples")));
for (const server of ownServers) await stopServer(server);

say("");
for (const { name, outcome, seconds } of results)
  say(`${outcome}  ${name.padEnd(14)} ${seconds.toFixed(1).padStart(6)} s`);
say(`${tests.passed} passed, ${tests.failed} failed`);
if (results.some(({ outcome }) => outcome === "failed")) process.exitCode = 1;
