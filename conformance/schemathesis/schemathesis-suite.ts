import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installPythonProgram } from "../python-programs.ts";
import { runTool } from "../run-tool.ts";
import { type Suite, say } from "../suite.ts";
import { EXCLUSIONS } from "./exclusions.ts";
import { logIn, makeOrders } from "./prepare.ts";
import { type Finding, type Report, readReport } from "./read-report.ts";
import { startSystem } from "./start-system.ts";

const VERSION = "4.32.5"; // as in requirements.txt
const CONFIG = fileURLToPath(new URL("schemathesis.toml", import.meta.url));
const REQUIREMENTS = fileURLToPath(new URL("requirements.txt", import.meta.url));
const ORDERS = ["user-service", "order-service", "api-gateway"];
const GRADELOOP = [
  "iam-service",
  "academics-service",
  "assignment-service",
  "email-notify-service",
  "cipas-service",
  "gateway",
];
/** No run may hang: on a quiet machine the longest takes a minute. */
const RUN_LIMIT_MS = 5 * 60_000;
const SHOWN = 400;

interface Verdict {
  readonly isRight: boolean;
  /** Links of the document that were followed. */
  readonly links: number;
}

interface Run {
  readonly name: string;
  readonly origin: string;
  readonly args: readonly string[];
}

/** schemathesis against both systems: what their documents allow is accepted, what they forbid is refused. */
export const schemathesisSuite: Suite = {
  summary: "requests made from the OpenAPI documents of both systems, along their links too",
  async run() {
    const install = ["-r", REQUIREMENTS];
    const dir = await installPythonProgram({ name: "schemathesis", version: VERSION, install });
    const python = join(dir, "bin", "python");
    const verdicts: Verdict[] = [];
    {
      await using orders = await startSystem("orders", ORDERS);
      await makeOrders(orders.origin);
      verdicts.push(await runOne(python, { name: "orders", origin: orders.origin, args: [] }));
    }
    await using gradeloop = await startSystem("gradeloop", GRADELOOP);
    const { origin } = gradeloop;
    const student = await logIn(origin, "alan@gradeloop.example");
    // What a student may not do is refused before the data is looked at: few requests show it.
    const few = ["--header", student, "--phases", "fuzzing,stateful", "--max-examples", "3"];
    verdicts.push(await runOne(python, { name: "gradeloop, as a student", origin, args: few }));
    const admin = ["--header", await logIn(origin, "grace@gradeloop.example")];
    verdicts.push(await runOne(python, { name: "gradeloop, as an admin", origin, args: admin }));
    // Which links one run follows depends on what its creates left behind; that none is followed at all is a fault of the documents.
    const links = verdicts.reduce((sum, verdict) => sum + verdict.links, 0);
    if (links === 0) say("  FAILED: no link of the documents was followed");
    return links > 0 && verdicts.every(({ isRight }) => isRight);
  },
};

async function runOne(python: string, { name, origin, args }: Run): Promise<Verdict> {
  const startedAt = performance.now();
  // The tool keeps files in the folder where it runs.
  const cwd = await mkdtemp(join(tmpdir(), "parley-schemathesis-"));
  try {
    const file = join(cwd, "events.ndjson");
    const options = ["--no-color", "--report", "ndjson", "--report-ndjson-path", file, ...args];
    const program = ["-m", "schemathesis.cli", "--config-file", CONFIG, "run", `${origin}/docs/openapi.json`];
    const { output, exitCode } = await runTool(python, [...program, ...options], { timeoutMs: RUN_LIMIT_MS, cwd });
    // 0: nothing was found. 1: something was, and the report says what. All else: it could not run.
    if (exitCode > 1) throw new Error(`schemathesis ended with ${exitCode}\n${output}`);
    const report = readReport(await readFile(file, "utf8"));
    return judge(name, report, performance.now() - startedAt);
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

function judge(name: string, report: Report, tookMs: number): Verdict {
  const { operations, cases, coveredLinks, findings, errors, isComplete } = report;
  const faults = findings.filter((finding) => !EXCLUSIONS.some((exclusion) => exclusion.matches(finding)));
  say(
    `${name.padEnd(24)} ${operations} operations  ${cases} cases  ${coveredLinks.size} links  ${faults.length} faults  ${findings.length - faults.length} excluded  ${(tookMs / 1_000).toFixed(1)} s`,
  );
  for (const fault of firstOfEach(faults)) say(describe(fault));
  for (const error of errors) say(`  FAILED: ${error.slice(0, SHOWN)}`);
  if (!isComplete) say("  FAILED: it did not run to its end");
  return { isRight: faults.length === 0 && errors.length === 0 && isComplete, links: coveredLinks.size };
}

/** One of each check and operation. */
function firstOfEach(findings: readonly Finding[]): Iterable<Finding> {
  return new Map(findings.toReversed().map((finding) => [`${finding.check} ${finding.operation}`, finding])).values();
}

function describe({ check, operation, message, request, requestBody, status, responseBody }: Finding): string {
  const lines = [`${operation}: ${check}`, message, `${request} ${requestBody.slice(0, SHOWN)}`];
  return `  FAILED: ${[...lines, `${status} ${responseBody.slice(0, SHOWN)}`].join("\n    ")}`;
}
