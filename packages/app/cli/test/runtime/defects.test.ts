import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startParley } from "../cli/support/run-parley.ts";
import { call } from "../http.ts";
import { copyOfGreetings } from "../temporary-folder.ts";

interface LogLine {
  readonly msg?: string;
  readonly origin?: string;
  readonly err?: { readonly message: string; readonly stack: string };
  readonly ready?: { readonly parts: readonly { readonly name: string; readonly address: string }[] };
}

/** A copy of the system whose greetings of 13 go wrong behind the handler's back, 50 ms later. */
async function systemWithDefect(defect: string): Promise<string> {
  const directory = await copyOfGreetings();
  const path = join(directory, "services/greeting-service.ts");
  const before = "        const { name } = await calls.names.getName({ id });";
  const text = await readFile(path, "utf8");
  expect(text).toContain(before);
  const slip = `      if (id === 13) globalThis.setTimeout(() => { ${defect} }, 50);\n      if (id === 13) return { greeting: "13" };\n`;
  await writeFile(path, text.replace(before, slip + before));
  return directory;
}

test.each([
  ["uncaughtException", 'throw new Error("the slip");'],
  ["unhandledRejection", 'void Promise.reject(new Error("the slip"));'],
])("an %s is logged, what runs is finished, and the process ends with 1", async (origin, defect) => {
  const directory = await systemWithDefect(defect);
  await using system = startParley(["dev", directory, "--json", "--port", "door=0"]);
  await system.printed('"ready"');
  const lines = (): LogLine[] =>
    system
      .output()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  const door = lines()
    .flatMap(({ ready }) => ready?.parts ?? [])
    .find(({ name }) => name === "door")?.address;
  await call(`${door}/names`, { method: "POST", json: { name: "Ada" } });
  const running = call(`${door}/greetings/1?delay_ms=1000`);
  expect((await call(`${door}/greetings/13`)).status).toBe(200);
  expect(await running).toMatchObject({ status: 200, body: '{"greeting":"Hello, Ada"}' });
  expect(await system.ended).toMatchObject({ exitCode: 1 });
  const told = lines().find(({ msg }) => msg === "a defect that nothing caught ends this process");
  expect(told).toMatchObject({ origin, err: { message: "the slip" } });
  expect(told?.err?.stack).toContain("greeting-service.ts");
});
