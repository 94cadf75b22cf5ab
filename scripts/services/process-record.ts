import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";

/** A process, told apart from a later one that got the same id. */
export interface ProcessRecord {
  readonly pid: number;
  readonly startedAt: string;
}

/** When a process started, as the system tells it; undefined if there is none of that id. */
function startOf(pid: number): string | undefined {
  try {
    return (
      execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], {
        encoding: "utf8",
        env: { ...process.env, LC_ALL: "C" },
      }).trim() || undefined
    );
  } catch {
    return undefined;
  }
}

/** Writes down a process that has just been started. */
export function recordProcess(file: string, pid: number): void {
  writeFileSync(file, JSON.stringify({ pid, startedAt: startOf(pid) ?? "" } satisfies ProcessRecord));
}

/** The recorded process if it still runs; a stale record is deleted. */
export function runningProcess(file: string): ProcessRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(file, "utf8")) as ProcessRecord;
    if (startOf(record.pid) === record.startedAt) return record;
  } catch {
    return undefined;
  }
  rmSync(file, { force: true });
  return undefined;
}
