import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findCacheDir } from "../launch/cache-dir.mjs";
import { isInstalled } from "../launch/ensure-installed.mjs";
import { ensureNode } from "../launch/ensure-node.mjs";
import { LaunchError } from "../launch/launch-error.mjs";
import { listSystems, TASKS } from "../launch/tasks.mjs";
import { withLock } from "../launch/with-lock.mjs";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "launch "));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe("whether an install is needed", () => {
  const wanted = {
    "": {},
    "packages/p": {},
    "node_modules/p": { link: true, resolved: "packages/p" },
    "node_modules/a": { version: "1", integrity: "x" },
  };

  function write(
    installed: Readonly<Record<string, unknown>> | undefined,
    lock: Readonly<Record<string, unknown>> = wanted,
  ): void {
    writeFileSync(join(dir, "package-lock.json"), JSON.stringify({ packages: lock }));
    if (installed === undefined) return;
    mkdirSync(join(dir, "node_modules"), { recursive: true });
    writeFileSync(join(dir, "node_modules", ".package-lock.json"), JSON.stringify({ packages: installed }));
  }

  it("is not, if everything locked is there", () => {
    const { "": _root, "packages/p": _own, ...installed } = wanted;
    write(installed);
    expect(isInstalled(dir)).toBe(true);
  });

  it("is not, if only a package for another platform is missing", () => {
    write(wanted, { ...wanted, "node_modules/a-darwin": { version: "1", optional: true } });
    expect(isInstalled(dir)).toBe(true);
  });

  it.each([
    ["nothing is there", undefined],
    ["a package is missing", { "node_modules/p": wanted["node_modules/p"] }],
    ["a version differs", { ...wanted, "node_modules/a": { version: "2", integrity: "x" } }],
    ["a checksum differs", { ...wanted, "node_modules/a": { version: "1", integrity: "y" } }],
    ["a workspace is not linked", { "node_modules/a": wanted["node_modules/a"] }],
  ])("is, if %s", (_name, installed) => {
    write(installed);
    expect(isInstalled(dir)).toBe(false);
  });

  it("is, if an install was interrupted", () => {
    write({});
    writeFileSync(join(dir, "node_modules", ".package-lock.json"), '{"packages":{"node_mod');
    expect(isInstalled(dir)).toBe(false);
  });
});

describe("the lock between launchers", () => {
  it("lets one in at a time", async () => {
    const path = join(dir, "sub", "lock");
    let inside = 0;
    const work = async () => {
      inside += 1;
      expect(inside).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all([1, 2, 3].map(() => withLock(path, { timeoutMs: 10_000, work })));
    expect(readdirSync(join(dir, "sub"))).toEqual([]);
  });

  it("is taken over from a process that died", async () => {
    const path = join(dir, "lock");
    writeFileSync(path, "2147483646");
    await expect(withLock(path, { timeoutMs: 1_000, work: async () => readFileSync(path, "utf8") })).resolves.toBe(
      String(process.pid),
    );
  });

  it("is not waited for without end", async () => {
    const path = join(dir, "lock");
    writeFileSync(path, String(process.pid));
    await expect(withLock(path, { timeoutMs: 0, work: async () => {} })).rejects.toThrow(`delete ${path}`);
  });
});

describe("the Node that runs Parley", () => {
  it("is this one, if it is new enough", async () => {
    await expect(ensureNode({ current: "24.0.0" })).resolves.toBe(process.execPath);
  });

  it("is asked for by name where the registry has none", async () => {
    await expect(ensureNode({ current: "20.1.0", platform: "sunos-x64" })).rejects.toThrow(
      /sunos-x64 .*Install Node 24 from https:\/\/nodejs\.org/,
    );
  });
});

it("keeps its cache in another folder if the first cannot be written", () => {
  const file = join(dir, "file");
  writeFileSync(file, "");
  expect(findCacheDir({ PARLEY_CACHE_DIR: join(file, "cache") })).toBeUndefined();
  expect(findCacheDir({ XDG_CACHE_HOME: file })).toContain(tmpdir());
  expect(findCacheDir({ XDG_CACHE_HOME: dir })).toBe(join(dir, "parley"));
});

it("starts a system by name, and names those that there are", () => {
  const context = { root: join(import.meta.dirname, "..", ".."), node: "node" };
  const [step] = TASKS.start?.steps(["orders", "--processes"], context) ?? [];
  expect(step?.args.slice(-3)).toEqual(["dev", join("systems", "orders"), "--processes"]);
  expect(() => TASKS.start?.steps(["nope"], context)).toThrow(LaunchError);
  expect(() => TASKS.start?.steps(["nope"], context)).toThrow(
    `No system "nope". There is: ${listSystems(context.root).join(", ")}.`,
  );
});
