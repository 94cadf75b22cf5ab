import type { ChildProcess } from "node:child_process";

/** Whether a process is over, however it ended: it then tells of its `exit` no more. */
export function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
