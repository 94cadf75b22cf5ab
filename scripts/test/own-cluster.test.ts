import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { signalProcess } from "../testing/own-cluster.ts";

describe("signalProcess", () => {
  it("takes it that a process has ended by itself, as one that served a connection may have just before", async () => {
    const child = spawn(process.execPath, ["--eval", ""], { stdio: "ignore" });
    await once(child, "exit");
    expect(signalProcess(child.pid as number, "SIGCONT")).toBe(false);
  });

  it("says that it reached one that runs", () => {
    expect(signalProcess(process.pid, "SIGCONT")).toBe(true);
  });
});
