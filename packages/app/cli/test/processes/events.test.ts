import { runProcesses } from "@parley/runtime";
import { expect, onTestFinished, test } from "vitest";
import { call } from "../http.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { WELCOMES_DIR } from "../welcomes.ts";

/** Runs the welcomes system, a process per part, on a data folder of its own. */
async function run() {
  let printed = "";
  const asked = Promise.withResolvers<() => void>();
  const group = runProcesses(
    { directory: WELCOMES_DIR },
    {
      layout: "apart",
      watch: false,
      colors: "off",
      flags: { settings: { PARLEY_DATA_DIR: await temporaryFolder(), LOG_LEVEL: "silent" } },
      write(text) {
        printed += text;
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
  await Promise.race([group.ready, group.ended.then(() => expect.fail(`ended before it was ready:\n${printed}`))]);
  const door = /http:\S+/.exec(printed)?.[0] ?? expect.fail("no address");
  return { ...group, stop, door, output: () => printed };
}

test("events flow between processes without a broker, and wait for one that is away", {
  timeout: 120_000,
}, async () => {
  const system = await run();
  const add = async (name: string) => {
    const { status, body } = await call(`${system.door}/names`, { method: "POST", json: { name } });
    expect(status).toBe(201);
    return JSON.parse(body).id as number;
  };
  const greeting = async (id: number) => (await call(`${system.door}/greetings/${id}`)).body;
  const patience = { timeout: 30_000, interval: 250 };

  expect(system.output()).toContain("events            embedded");
  const ada = await add("Ada");
  await expect.poll(() => greeting(ada), patience).toBe('{"greeting":"Hello, Ada (printed)"}');

  const pid = system.pidOf("greeting-service") ?? expect.fail("greeting-service has no process");
  process.kill(pid, "SIGKILL");
  const grace = await add("Grace");
  await expect.poll(() => greeting(grace), patience).toBe('{"greeting":"Hello, Grace (printed)"}');
  expect(system.pidOf("greeting-service")).not.toBe(pid);

  system.stop();
  expect(await system.ended).toBe(0);
});
