import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { freezeProcess } from "../testing/freeze-process.ts";

/** With threads that are busy, which go on for a while when the process is told to stop. */
const BUSY = `
  const { Worker } = require("node:worker_threads");
  for (let thread = 0; thread < 3; thread++) new Worker("for (;;);", { eval: true });
  setInterval(() => {}, 1);
  console.log("ready");
`;

const statesOf = (pid: number): readonly (string | undefined)[] =>
  readdirSync(`/proc/${pid}/task`).map((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8");
    return stat[stat.lastIndexOf(")") + 2];
  });

test.skipIf(!existsSync("/proc/self/task")).each([
  ["a process", 1],
  ["a process group", -1],
])("%s that is frozen stands still, with all its threads", async (_what, sign) => {
  const child = spawn(process.execPath, ["--eval", BUSY], { stdio: ["ignore", "pipe", "ignore"], detached: true });
  onTestFinished(() => void child.kill("SIGKILL"));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const pid = child.pid ?? expect.fail("it was started");
  for (let round = 0; round < 20; round++) {
    await freezeProcess(sign * pid);
    expect(new Set(statesOf(pid))).toEqual(new Set(["T"]));
    process.kill(pid, "SIGCONT");
    await new Promise((resolve) => setImmediate(resolve));
  }
});
