import { existsSync } from "node:fs";
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { importableContracts } from "@parley/contract-tools";
import { expect, test } from "vitest";
import { contractsFolder, LIBRARY_PROTO } from "./support/contracts-folder.ts";
import { fixture, parley, parleyProcess } from "./support/run-parley.ts";

test.concurrent("generate writes typed code and descriptors, the same that are committed", async () => {
  await using folder = await contractsFolder();
  const run = await parleyProcess(["generate"], { cwd: folder.dir });
  expect(run).toMatchObject({ exitCode: 0, stderr: "" });
  for (const file of ["gen/library/v1/library_pb.ts", "gen/descriptors.binpb"]) {
    expect(await readFile(join(folder.dir, file)), file).toEqual(await readFile(join(fixture("library"), file)));
  }
  const code = await readFile(join(folder.dir, "gen/library/v1/library_pb.ts"), "utf8");
  expect(code).toContain('from "@parley/protobuf/protos/google/api/annotations_pb.js"');
  expect(code).toContain('from "@parley/protobuf/protos/buf/validate/validate_pb.js"');
});

test.concurrent("generate touches only what differs, and removes what no contract gives any more", async () => {
  await using folder = await contractsFolder();
  await parley(["generate", "--system", folder.dir]);
  const code = join(folder.dir, "gen/library/v1/library_pb.ts");
  const before = await stat(code);
  const stale = join(folder.dir, "gen/gone/v1/gone_pb.ts");
  const foreign = join(folder.dir, "gen/README.md");
  await mkdir(join(folder.dir, "gen/gone/v1"), { recursive: true });
  await Promise.all([writeFile(stale, "export {};\n"), writeFile(foreign, "mine\n")]);

  const run = await parley(["generate", "--system", folder.dir, "--json"]);
  expect(JSON.parse(run.stdout)).toMatchObject({ changes: [{ path: "gone/v1/gone_pb.ts", change: "removed" }] });
  expect((await stat(code)).mtimeMs).toBe(before.mtimeMs);
  expect(existsSync(stale)).toBe(false);
  expect(existsSync(foreign)).toBe(true);
});

test.concurrent("contracts that several languages share lie in shared/protos, with a folder for each language's code", async () => {
  await using folder = await contractsFolder();
  await mkdir(join(folder.dir, "shared"));
  await rename(join(folder.dir, "protos"), join(folder.dir, "shared/protos"));
  const run = await parley(["generate", "--system", folder.dir, "--json"]);
  expect(JSON.parse(run.stdout).changes).toEqual([
    { path: "ts/descriptors.binpb", change: "added" },
    { path: "ts/library/v1/library_pb.ts", change: "added" },
  ]);
  expect(existsSync(join(folder.dir, "shared/protos/gen/ts/library/v1/library_pb.ts"))).toBe(true);
  expect(await parley(["generate", "--check", "--system", folder.dir])).toMatchObject({ exitCode: 0 });
});

test.concurrent("generate --check names what differs, writes nothing, and exits 1", async () => {
  await using folder = await contractsFolder();
  await parley(["generate", "--system", folder.dir]);
  await folder.edit("int32 pages = 3;", "int32 pages = 3;\n  string author = 4;");
  const path = join(folder.dir, "gen/library/v1/library_pb.ts");
  const before = await readFile(path, "utf8");

  const run = await parley(["generate", "--check", "--system", folder.dir, "--json"]);
  expect(run.exitCode).toBe(1);
  expect(JSON.parse(run.stdout)).toMatchObject({
    upToDate: false,
    changes: [
      { path: "descriptors.binpb", change: "changed" },
      { path: "library/v1/library_pb.ts", change: "changed" },
    ],
  });
  expect(await readFile(path, "utf8")).toBe(before);
});

test.concurrent("a contract that does not compile is named with line and column, and nothing is written", async () => {
  await using folder = await contractsFolder();
  await folder.edit("int32 pages = 3;", "int23 pages = 3;");
  const run = await parley(["generate", "--system", folder.dir]);
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toMatch(new RegExp(`${join(folder.dir, LIBRARY_PROTO)}:\\d+:3:.*int23`));
  expect(existsSync(join(folder.dir, "gen"))).toBe(false);
});

test.concurrent("a copy of a contract that Parley brings is refused, because two would be two different types", async () => {
  await using folder = await contractsFolder();
  await mkdir(join(folder.dir, "protos/google/api"), { recursive: true });
  await writeFile(join(folder.dir, "protos/google/api/http.proto"), 'syntax = "proto3";\npackage google.api;\n');
  const run = await parley(["generate", "--system", folder.dir]);
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain("google/api/http.proto");
  expect(run.stderr).toContain("remove the copy");
});

test.concurrent("a language whose tools are not there says what to install", async () => {
  await using folder = await contractsFolder();
  const env = { PATH: "/nowhere", PARLEY_CACHE_DIR: join(folder.dir, "cache") };
  const [go, python] = await Promise.all([
    parleyProcess(["generate", "go", "--system", folder.dir], { env }),
    parleyProcess(["generate", "python", "--system", folder.dir], { env }),
  ]);
  expect(go.exitCode).toBe(1);
  expect(go.stderr).toContain("https://go.dev/dl");
  expect(python.exitCode).toBe(1);
  expect(python.stderr).toContain("https://www.python.org/downloads");
  expect(existsSync(join(folder.dir, "gen"))).toBe(false);
});

test.concurrent("a folder without contracts says what belongs there", async () => {
  const run = await parley(["generate", "--system", fixture("."), "--json"]);
  expect(run.exitCode).toBe(1);
  expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: "FAILED_PRECONDITION" } });
});

test.concurrent("generated code imports what the package names: parley alone, or the packages behind it", async () => {
  await using folder = await contractsFolder();
  const importsWith = async (dependencies: Record<string, string>): Promise<string> => {
    await writeFile(join(folder.dir, "package.json"), JSON.stringify({ name: "shop", dependencies }));
    const { stderr } = await parley(["generate", "--system", folder.dir]);
    const code = await readFile(join(folder.dir, "gen/library/v1/library_pb.ts"), "utf8");
    return [...new Set([...code.matchAll(/from "([^."][^"]*)"/g)].map(([, from]) => from))].sort().join() + stderr;
  };
  expect(await importsWith({ parleyjs: "^0.1.0" })).toBe(
    [
      "parleyjs/protobuf",
      "parleyjs/protobuf/codegenv2",
      "parleyjs/protos/buf/validate/validate_pb.js",
      "parleyjs/protos/google/api/annotations_pb.js",
      "parleyjs/protos/parley/v1/options_pb.js",
    ].join(),
  );
  expect(await importsWith({ "@bufbuild/protobuf": "2", "@parley/protobuf": "0.1" })).not.toMatch(/(^|,)parleyjs\//);
  expect(await importsWith({})).toContain("package.json does not name parleyjs, which the generated code imports");
});

test("every contract of Parley that a system may import has its code in the package parley", async () => {
  for (const path of await importableContracts()) {
    const specifier = `parleyjs/protos/${path.replace(/\.proto$/, "_pb.js")}`;
    const code = await import(/* @vite-ignore */ specifier);
    expect(Object.keys(code).length, path).toBeGreaterThan(0);
  }
});
