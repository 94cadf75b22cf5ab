import { join } from "node:path";
import { parseArgs } from "node:util";
import { ENGINE_NAMES, ENGINES, type Engine, parseEngine } from "../engine.ts";
import { type GoProgram, installGoProgram } from "../go-programs.ts";
import { runTool } from "../run-tool.ts";
import { type Suite, say } from "../suite.ts";

const RUNNER: GoProgram = { path: "connectrpc.com/conformance/cmd/connectconformance", version: "v1.0.6" };
const MODES = ["server", "client"] as const;
/** A run takes about ten seconds on two cores. */
const RUN_LIMIT_MS = 120_000;
const FIRST_LINES = 100;
const LAST_LINES = 30;

interface Run {
  readonly mode: (typeof MODES)[number];
  readonly engine: Engine;
  /** For the runner itself. */
  readonly extra: readonly string[];
}

/** ConnectRPC's conformance suite, with everything that it has for gRPC over HTTP/2. */
export const connectSuite: Suite = {
  summary: "ConnectRPC's conformance suite [--engine parley|node] [--mode server|client] [--run <pattern>] [--trace]",
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        engine: { type: "string" },
        mode: { type: "string" },
        run: { type: "string" },
        trace: { type: "boolean", default: false },
      },
    });
    const engines = values.engine === undefined ? ENGINES : [parseEngine(values.engine)];
    const modes = MODES.filter((mode) => values.mode === undefined || values.mode === mode);
    if (modes.length === 0) throw new TypeError(`--mode must be ${MODES.join(" or ")}, got ${values.mode}`);
    const extra = [...(values.run === undefined ? [] : ["--run", values.run]), ...(values.trace ? ["--trace"] : [])];
    const runner = await installGoProgram(RUNNER);
    let isPassed = true;
    for (const engine of engines) {
      for (const mode of modes) isPassed = (await runOnce(runner, { mode, engine, extra })) && isPassed;
    }
    return isPassed;
  },
};

async function runOnce(runner: string, { mode, engine, extra }: Run): Promise<boolean> {
  const program = join(import.meta.dirname, `${mode}-under-test.ts`);
  const underTest = [process.execPath, ...process.execArgv, program, "--engine", engine];
  const args = ["--conf", join(import.meta.dirname, "config.yaml"), "--mode", mode, ...extra, "--", ...underTest];
  const { output, exitCode } = await runTool(runner, args, { timeoutMs: RUN_LIMIT_MS });
  const counts = /^Total cases: (\d+)\n(\d+) passed, (\d+) failed/m.exec(output);
  const isPassed = exitCode === 0 && counts !== null && Number(counts[1]) > 0 && counts[1] === counts[2];
  if (!isPassed) say(shorten(output.trimEnd()));
  const title = `ConnectRPC's conformance, Parley's ${mode} (${ENGINE_NAMES[engine]})`;
  say(`${title.padEnd(64)} ${counts ? `${counts[2]} of ${counts[1]}` : `no result, exit code ${exitCode}`}`);
  return isPassed;
}

/** The first failures and the end, which has the counts and what the program under test last said. */
function shorten(output: string): string {
  const lines = output.split("\n");
  const left = lines.length - FIRST_LINES - LAST_LINES;
  if (left <= 0) return output;
  return [...lines.slice(0, FIRST_LINES), `… ${left} lines …`, ...lines.slice(-LAST_LINES)].join("\n");
}
