import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ENGINE_NAMES, ENGINES, type Engine } from "../engine.ts";
import { type GoProgram, installGoProgram } from "../go-programs.ts";
import { runTool } from "../run-tool.ts";
import { type Suite, say } from "../suite.ts";
import { createPageServer } from "./http2-server.ts";
import { parseReport, type SpecReport } from "./parse-report.ts";

const H2SPEC: GoProgram = {
  path: "github.com/summerwind/h2spec/cmd/h2spec",
  version: "v2.2.1+incompatible",
  moduleDir: import.meta.dirname,
};
/** How many cases it has, the strict ones included: with fewer, something was not run. */
const CASES = 146;
/** A case that a server does not answer as expected waits two seconds. */
const RUN_LIMIT_MS = 120_000;
const HOST = "127.0.0.1";

/** h2spec's strict cases. Parley's own HTTP/2 must pass them all; what `node:http2` does is told beside it. */
export const h2specSuite: Suite = {
  summary: "h2spec --strict, on Parley's own HTTP/2, and on node:http2 for comparison",
  async run() {
    const program = await installGoProgram(H2SPEC);
    let isPassed = true;
    for (const engine of ENGINES) {
      const { cases, failed, skipped } = await runOnce(program, engine);
      const passed = cases - failed.length - skipped.length;
      say(`${`h2spec --strict (${ENGINE_NAMES[engine]})`.padEnd(64)} ${passed} of ${cases}`);
      for (const name of failed) say(`  failed   ${name}`);
      for (const name of skipped) say(`  skipped  ${name}`);
      if (engine === "parley" && (passed !== cases || cases !== CASES)) isPassed = false;
    }
    return isPassed;
  },
};

async function runOnce(program: string, engine: Engine): Promise<SpecReport> {
  const dir = mkdtempSync(join(tmpdir(), "h2spec-"));
  const server = createPageServer(engine);
  try {
    const { port } = await server.listen({ port: 0, host: HOST });
    const file = join(dir, "report.xml");
    const args = ["--strict", "--host", HOST, "--port", String(port), "--junit-report", file];
    await runTool(program, args, { timeoutMs: RUN_LIMIT_MS });
    return parseReport(readFileSync(file, "utf8"));
  } finally {
    server.destroy();
    await server.drain();
    rmSync(dir, { recursive: true, force: true });
  }
}
