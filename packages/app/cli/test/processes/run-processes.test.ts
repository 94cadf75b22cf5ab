import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { call } from "../http.ts";
import { copyOfGreetings } from "../temporary-folder.ts";
import { runGroup } from "./run-group.ts";

const greetingOf = async (door: string): Promise<string> => (await call(`${door}/greetings/1`)).body;

test("apart: each part is a process, and one that dies comes back", { timeout: 90_000 }, async () => {
  const system = await runGroup({ layout: "apart", watch: false });
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
  const system = await runGroup({ layout: "apart", watch: true });
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
  const system = await runGroup({ layout: "apart", watch: true });
  await system.line("ready in");
  await writeFile(join(system.directory, "policy.yaml"), "timeouts: { drain: 1s }\nlogging: { level: warn }\n");
  await system.line("a file has changed, restarting the system");
  await system.line("ready in");
});

test("together: the whole system starts again after a change", { timeout: 90_000 }, async () => {
  const directory = await copyOfGreetings();
  const system = await runGroup({ layout: "together", watch: true }, directory);
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
  const system = await runGroup({ layout: "apart", watch: true }, directory);
  await system.line("waiting for a change");
  await writeFile(salutation, 'export const salutation = "Welcome";');
  await system.line("ready in");
});

test("without watching, what cannot be loaded ends the group with exit code 1", { timeout: 60_000 }, async () => {
  const directory = await copyOfGreetings();
  await rm(join(directory, "gen"), { recursive: true });
  expect(await (await runGroup({ layout: "apart", watch: false }, directory)).ended).toBe(1);
  expect(await (await runGroup({ layout: "together", watch: false }, directory)).ended).toBe(1);
});

test("a stop during the start ends every child", { timeout: 60_000 }, async () => {
  const system = await runGroup({ layout: "apart", watch: false });
  await expect.poll(() => system.pidOf("name-service"), { timeout: 30_000 }).toBeDefined();
  system.stop();
  expect(await system.ended).toBe(0);
  expect(system.pidOf("name-service")).toBeUndefined();
});
