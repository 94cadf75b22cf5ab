import type { ConfigFlags } from "@parley/runtime";
import { loadSystem, runSystem, serveUntilStopped } from "@parley/runtime";
import type { Output } from "../output.ts";
import { reportError } from "../report-error.ts";
import type { Terminal } from "../terminal.ts";

export interface ProgramRun {
  readonly directory: string;
  readonly flags: ConfigFlags;
  readonly output: Output;
  readonly terminal: Terminal;
}

/** Runs a system in one process, with nothing that restarts: what a program reads stays in one piece. */
export async function runForProgram({ directory, flags, output, terminal }: ProgramRun): Promise<number> {
  const configFlags = { ...flags, settings: { LOG_FORMAT: "json", ...flags.settings } };
  const startedInMs = (): number => Math.round(performance.now());
  return serveUntilStopped(async () => runSystem(await loadSystem(directory), { flags: configFlags }), {
    onReady: ({ parts }) => output.result({ ready: { parts, startedInMs: startedInMs() } }, () => ""),
    onStartFailure: (error) => void reportError(error, terminal, "json"),
  });
}
