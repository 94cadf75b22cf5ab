import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { reproduceWith } from "./reproduce.ts";

const { shared, seed, targets, hangMs } = workerData as {
  /** Beats, target, number of the case. */
  readonly shared: Int32Array;
  readonly seed: number;
  readonly targets: readonly string[];
  readonly hangMs: number;
};

for (;;) {
  const beats = Atomics.load(shared, 0);
  if (Atomics.wait(shared, 0, beats, hangMs) !== "timed-out") continue;
  const finding = { target: targets[shared[1] ?? 0] ?? "", seed, number: shared[2] ?? 0 };
  writeSync(1, `HUNG  ${finding.target}: no end within ${hangMs / 1_000} s\n  ${reproduceWith(finding)}\n`);
  process.kill(process.pid, "SIGKILL");
}
