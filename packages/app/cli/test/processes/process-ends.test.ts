import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { call, startLoad } from "../http.ts";
import { copyOfGreetings } from "../temporary-folder.ts";

const COMMAND = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

interface Command {
  readonly process: ChildProcess;
  readonly exited: Promise<readonly [code: number | null, signal: NodeJS.Signals | null]>;
  /** What it has printed when it said that it is ready. */
  readonly ready: Promise<string>;
  /** What it has printed so far. */
  printed(): string;
}

/** Runs `parley dev` as a person does: as the leader of a process group. */
async function dev(...flags: readonly string[]): Promise<Command> {
  const directory = await copyOfGreetings();
  const child = spawn(process.execPath, ["--conditions=@parley/source", COMMAND, "dev", directory, ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const exited = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  let printed = "";
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      printed += chunk;
      if (/^ready in .* s$/m.test(printed)) resolve(printed);
    });
    void exited.then(() => reject(new Error(`ended before it was ready: ${printed}`)));
  });
  ready.catch(() => {});
  return { process: child, exited, ready, printed: () => printed };
}

const doorIn = (printed: string): string => /door\s+(http:\S+)/.exec(printed)?.[1] ?? expect.fail(printed);

/** Processes whose parent is this one. */
async function childrenOf(pid: number | undefined): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const parents = await Promise.all(pids.map((child) => readFile(`/proc/${child}/stat`, "utf8").catch(() => "")));
  return pids.filter((_, index) => parents[index]?.split(") ")[1]?.split(" ")[1] === String(pid)).map(Number);
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test("the addresses, two requests and the word ready are printed", { timeout: 60_000 }, async () => {
  const command = await dev("--no-watch");
  const printed = await command.ready;
  expect(printed).toMatch(/name-service +localhost:\d+ +\(gRPC\)/);
  const door = doorIn(printed);
  expect(printed).toContain(`curl -X POST ${door}/names -H 'content-type: application/json' -d '{"name":"Ada"}'`);
  expect(printed).toContain(`curl ${door}/greetings/1`);
});

test.each([["--no-watch"], ["--processes"]])(
  "SIGTERM under load fails no request (%s)",
  { timeout: 90_000 },
  async (flag) => {
    const command = await dev(flag);
    const door = doorIn(await command.ready);
    await call(`${door}/names`, { method: "POST", json: { name: "Ada" } });
    const load = startLoad(`${door}/greetings/1?delay_ms=5`, 16);
    await load.reached(200);
    command.process.kill("SIGTERM");
    await load.ended;
    expect(load.failures).toEqual([]);
    expect(await command.exited).toEqual([0, null]);
  },
);

/** Signals every process of a command, as a terminal does, and systemd. */
function signalGroup({ process: { pid } }: Command, signal: NodeJS.Signals): void {
  if (pid === undefined) expect.fail("the command was not started");
  process.kill(-pid, signal);
}

test.runIf(process.platform !== "win32").each([["SIGTERM"], ["SIGINT"]] as const)(
  "a %s to the whole process group stops the parts in order, restarts none and fails no request",
  { timeout: 90_000 },
  async (signal) => {
    const command = await dev("--processes", "--log-level", "info");
    const door = doorIn(await command.ready);
    await call(`${door}/names`, { method: "POST", json: { name: "Ada" } });
    const load = startLoad(`${door}/greetings/1?delay_ms=5`, 16);
    await load.reached(200);
    signalGroup(command, signal);
    command.process.kill(signal); // some signal the group and its leader: that is one wish
    await load.ended;
    expect(load.failures).toEqual([]);
    expect(await command.exited).toEqual([0, null]);
    const ends = command.printed().split("\n");
    expect(ends.filter((line) => /starting it again|answers again|was killed/.test(line))).toEqual([]);
    const stops = ends.filter((line) => line.includes("stopping")).map((line) => line.split(" ")[0]);
    expect(stops).toEqual(["door", "greeting-service", "name-service"]);
  },
);

test("a signal to the whole process group during the start ends it with 0", { timeout: 60_000 }, async () => {
  const command = await dev("--processes", "--no-watch");
  await expect.poll(() => childrenOf(command.process.pid), { timeout: 30_000 }).not.toEqual([]);
  signalGroup(command, "SIGTERM");
  expect(await command.exited).toEqual([0, null]);
});

test("a second signal cuts off what still runs", { timeout: 60_000 }, async () => {
  vi.stubEnv("DRAIN_TIMEOUT", "5m"); // nothing else ends it in time
  onTestFinished(() => void vi.unstubAllEnvs());
  const command = await dev("--no-watch");
  const door = doorIn(await command.ready);
  await call(`${door}/names`, { method: "POST", json: { name: "Ada" } });
  const slow = call(`${door}/greetings/1?delay_ms=60000`).catch((error: unknown) => error);
  command.process.kill("SIGINT");
  await expect.poll(() => call(`${door}/health`).catch(() => "stopping"), { timeout: 20_000 }).toBe("stopping");
  await delay(600); // signals that come at once are one wish
  command.process.kill("SIGINT");
  expect(await command.exited).toEqual([1, null]);
  await slow;
});

test.runIf(process.platform === "linux").each([["--no-watch"], ["--processes"]])(
  "no child outlives a parent that is killed (%s)",
  { timeout: 60_000 },
  async (flag) => {
    const command = await dev(flag);
    await command.ready;
    const children = await childrenOf(command.process.pid);
    expect(children.length).toBeGreaterThan(0);
    command.process.kill("SIGKILL");
    await command.exited;
    await expect.poll(() => children.filter(isAlive), { timeout: 20_000 }).toEqual([]);
  },
);
