import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openDataFolder } from "../src/embedded/data-folder.ts";
import { makeFolder } from "../src/embedded/make-folder.ts";

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "parley-folder-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("a folder is made with those above it, by several at once, and once more", async () => {
  const folder = join(await temporary(), "a", "b", "c");
  await Promise.all([makeFolder(folder), makeFolder(folder), makeFolder(folder)]);
  await makeFolder(folder);
  expect((await stat(folder)).isDirectory()).toBe(true);
});

test("a file in the way is said, not taken for the folder", async () => {
  const file = join(await temporary(), "file");
  await writeFile(file, "");
  await expect(makeFolder(file)).rejects.toMatchObject({ code: "EEXIST" });
  await expect(makeFolder(join(file, "below"))).rejects.toMatchObject({ code: "ENOTDIR" });
});

test.skipIf(process.platform !== "linux")("a data folder below /proc is refused and does not hang", async () => {
  await expect(openDataFolder("/proc/nope/data")).rejects.toMatchObject({
    code: "FAILED_PRECONDITION",
    message: expect.stringMatching(/^cannot use the data folder \/proc\/nope\/data: ENOENT/),
  });
});
