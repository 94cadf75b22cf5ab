import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir } from "@parley/wire/internal/cache-dir";
import { expect, test } from "vitest";
import { contractsFolder } from "./support/contracts-folder.ts";
import { parley } from "./support/run-parley.ts";

/**
 * Whether a language can be tried here. Its plugins are downloaded at their first use, so a machine that has never used
 * them is left alone; CI with the toolchain is held to it.
 */
function canTry(toolchain: readonly [command: string, ...args: string[]], tool: string): boolean {
  const [command, ...args] = toolchain;
  const tools = join(cacheDir(), "tools");
  const used = existsSync(tools) && readdirSync(tools).some((name) => name.startsWith(`${tool}-`));
  const here = spawnSync(command, args).status === 0 && (used || process.env.CI === "true");
  if (!here) process.stderr.write(`left out: ${command} with ${tool} has not been used here (parley generate all)\n`);
  return here;
}

const canGo = canTry(["go", "version"], "protoc-gen-go");
const canPython = canTry(["python3", "-m", "pip", "--version"], "grpcio-tools");

test.skipIf(!canGo)("Go code is the same each time, and keeps its module", async () => {
  await using folder = await contractsFolder();
  const generate = async (...flags: readonly string[]) => parley(["generate", "go", "--system", folder.dir, ...flags]);
  expect(await generate()).toMatchObject({ exitCode: 0 });
  expect(await generate("--check")).toMatchObject({ exitCode: 0 });

  const goMod = join(folder.dir, "gen/go/go.mod");
  await writeFile(goMod, (await readFile(goMod, "utf8")).replace(/^module .*/, "module example.com/library"));
  expect(await generate("--check")).toMatchObject({ exitCode: 1 });
  await generate();
  expect(await readFile(goMod, "utf8")).toContain("module example.com/library");
  const code = await readFile(join(folder.dir, "gen/go/library/v1/library.pb.go"), "utf8");
  expect(code).toContain('_ "example.com/library/parley/v1"');
  expect(code).toContain('_ "google.golang.org/genproto/googleapis/api/annotations"');
});

test.skipIf(!canPython)("Python code is the same each time, and compiles", async () => {
  await using folder = await contractsFolder();
  const generate = async (...flags: readonly string[]) =>
    parley(["generate", "python", "--system", folder.dir, ...flags]);
  expect(await generate()).toMatchObject({ exitCode: 0 });
  const compiled = spawnSync("python3", ["-m", "compileall", "-q", join(folder.dir, "gen/python")]);
  expect(compiled.status).toBe(0);
  expect(await generate("--check")).toMatchObject({ exitCode: 0 });
  const requirements = await readFile(join(folder.dir, "gen/python/requirements.txt"), "utf8");
  expect(requirements).toMatch(/^grpcio>=\d/m);
  expect(requirements).toMatch(/^protobuf>=\d/m);
});
