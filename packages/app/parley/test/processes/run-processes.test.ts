import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type ProcessOptions, runProcesses } from "../../src/processes/run-processes.ts";
import type { ExitCode } from "../../src/runtime/serve-until-stopped.ts";
import { call } from "../http.ts";
import { copyOfGreetings } from "../temporary-folder.ts";

interface Running {
  readonly directory: string;
  readonly ready: Promise<void>;
  readonly ended: Promise<ExitCode>;
  stop(): void;
  pidOf(name: string): number | undefined;
  /** Resolves with the first line that was printed since the last one asked for and contains this. */
  line(containing: string): Promise<string>;
  door(): Promise<string>;
}

/** Runs a copy of the greetings system in child processes until the test ends. */
async function run(options: Omit<ProcessOptions, "write" | "listen" | "colors">, directory?: string): Promise<Running> {
  const folder = directory ?? (await copyOfGreetings());
  let printed = "";
  let read = 0;
  let wake = (): void => {};
  const asked = Promise.withResolvers<() => void>();
  const group = runProcesses(
    { directory: folder },
    {
      ...options,
      colors: "off",
      write(text) {
        printed += text;
        wake();
      },
      listen({ stop }) {
        asked.resolve(() => stop({ reason: "the test has ended" }));
        return () => {};
      },
    },
  );
  const stop = await asked.promise;
  onTestFinished(async () => {
    stop();
    await group.ended;
  });
  const line = async (containing: string): Promise<string> => {
    for (;;) {
      const end = printed.indexOf("\n", Math.max(read, printed.indexOf(containing, read)));
      const found = printed.indexOf(containing, read);
      if (found >= 0 && end >= 0) {
        read = end + 1;
        return printed.slice(printed.lastIndexOf("\n", found) + 1, end);
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const door = async (): Promise<string> => /http:\S+/.exec(await line("http:"))?.[0] ?? expect.fail("no address");
  return { directory: folder, ready: group.ready, ended: group.ended, stop, pidOf: group.pidOf, line, door };
}

const greetingOf = async (door: string): Promise<string> => (await call(`${door}/greetings/1`)).body;

test("apart: each part is a process, and one that dies comes back", { timeout: 90_000 }, async () => {
  const system = await run({ layout: "apart", watch: false });
  const door = await system.door();
  expect(await system.line("ready in")).toMatch(/^ready in \d+\.\d s$/);
  expect(await call(`${door}/names`, { method: "POST", json: { name: "Ada" } })).toMatchObject({ status: 201 });
  expect(await greetingOf(door)).toBe('{"greeting":"Hello, Ada"}');

  const pid = system.pidOf("name-service") ?? expect.fail("name-service has no process");
  process.kill(pid, "SIGKILL");
  expect(await system.line("name-service was killed")).toBe(
    "parley: name-service was killed by SIGKILL; starting it again in 0.2 s",
  );
  expect(await system.line("answers again")).toMatch(/^parley: name-service answers again after \d+\.\d s$/);
  expect(await greetingOf(door)).toBe('{"greeting":"Hello, Ada"}');
  expect(system.pidOf("name-service")).not.toBe(pid);

  system.stop();
  expect(await system.ended).toBe(0);
});

test("apart: a change restarts only what imports the file, and a mistake in it changes nothing", {
  timeout: 90_000,
}, async () => {
  const system = await run({ layout: "apart", watch: true });
  const door = await system.door();
  await system.line("ready in");
  await call(`${door}/names`, { method: "POST", json: { name: "Ada" } });
  const [names, greeting] = [system.pidOf("name-service"), system.pidOf("greeting-service")];
  const salutation = join(system.directory, "services/salutation.ts");

  await writeFile(salutation, 'export const salutation = "Hello');
  await system.line("cannot be loaded");
  await system.line("what was running goes on");
  expect(await greetingOf(door)).toBe('{"greeting":"Hello, Ada"}');

  await writeFile(salutation, 'export const salutation = "Welcome";');
  expect(await system.line("a file has changed")).toBe("parley: a file has changed, restarting greeting-service");
  await system.line("greeting-service answers again");
  expect(await greetingOf(door)).toBe('{"greeting":"Welcome, Ada"}');
  expect(system.pidOf("name-service")).toBe(names);
  expect(system.pidOf("greeting-service")).not.toBe(greeting);
});

test("apart: a change of the policy file restarts every part", { timeout: 90_000 }, async () => {
  const system = await run({ layout: "apart", watch: true });
  await system.line("ready in");
  await writeFile(join(system.directory, "policy.yaml"), "timeouts: { drain: 1s }\nlogging: { level: warn }\n");
  await system.line("a file has changed, restarting the system");
  await system.line("ready in");
});

test("together: the whole system starts again after a change", { timeout: 90_000 }, async () => {
  const directory = await copyOfGreetings();
  const system = await run({ layout: "together", watch: true }, directory);
  await system.ready;
  const pid = system.pidOf("system");
  await writeFile(join(directory, "services/salutation.ts"), 'export const salutation = "Welcome";');
  await system.line("a file has changed, restarting system");
  await system.line("system answers again");
  expect(system.pidOf("system")).not.toBe(pid);
});

test("what cannot be loaded at first waits for the change that mends it", { timeout: 90_000 }, async () => {
  const directory = await copyOfGreetings();
  const salutation = join(directory, "services/salutation.ts");
  await writeFile(salutation, "export const = ;");
  const system = await run({ layout: "apart", watch: true }, directory);
  await system.line("waiting for a change");
  await writeFile(salutation, 'export const salutation = "Welcome";');
  await system.line("ready in");
});

test("without watching, what cannot be loaded ends the group with exit code 1", { timeout: 60_000 }, async () => {
  const directory = await copyOfGreetings();
  await rm(join(directory, "gen"), { recursive: true });
  expect(await (await run({ layout: "apart", watch: false }, directory)).ended).toBe(1);
  expect(await (await run({ layout: "together", watch: false }, directory)).ended).toBe(1);
});

test("a stop during the start ends every child", { timeout: 60_000 }, async () => {
  const system = await run({ layout: "apart", watch: false });
  await expect.poll(() => system.pidOf("name-service"), { timeout: 30_000 }).toBeDefined();
  system.stop();
  expect(await system.ended).toBe(0);
  expect(system.pidOf("name-service")).toBeUndefined();
});
