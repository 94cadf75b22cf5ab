import { existsSync } from "node:fs";
import { mkdir, readdir, watch } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { contractsFolder } from "./support/contracts-folder.ts";
import { startParley } from "./support/run-parley.ts";

test("a generate that is interrupted leaves no temporary folder and no half of its code", async () => {
  await using folder = await contractsFolder();
  const temporary = join(folder.dir, "tmp");
  await mkdir(temporary);
  const begun = new AbortController();
  const changes = watch(temporary, { signal: begun.signal });
  const generate = startParley(["generate", "--system", folder.dir], { env: { TMPDIR: temporary } });
  for await (const _change of changes) break; // it has made its workspace
  begun.abort();

  const run = await generate.stop();
  expect(run).toMatchObject({ exitCode: 1, stdout: "", stderr: "error CANCELLED: interrupted\n" });
  expect(await readdir(temporary)).toEqual([]);
  expect(existsSync(join(folder.dir, "gen"))).toBe(false);
});
