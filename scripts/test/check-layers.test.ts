import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkLayers } from "../layers/check-layers.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "layers-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

function manifest(name: string, dependencies: readonly string[] = [], doors: readonly string[] = ["."]): string {
  const toRecord = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, "./src/index.ts"]));
  return JSON.stringify({ name, exports: toRecord(doors), dependencies: toRecord(dependencies) });
}

/** A house of three floors and one system, with nothing wrong in it. */
function writeHouse(changed: Readonly<Record<string, string>> = {}): void {
  write({
    "packages/base/core/package.json": manifest("@parley/core", [], [".", "./internal", "./protos/*.js"]),
    "packages/base/core/src/index.ts": "export const core = 1;",
    "packages/comms/rpc/package.json": manifest("@parley/rpc", ["@parley/core"]),
    "packages/comms/rpc/src/index.ts": `import { core } from "@parley/core";\nimport "@parley/core/internal";\nimport { x } from "./x.ts";\nexport { core, x };`,
    "packages/comms/rpc/src/x.ts": `import { readFile } from "node:fs";\nexport const x = readFile;`,
    "packages/comms/telemetry/package.json": manifest("@parley/telemetry", ["@parley/core", "@parley/rpc"]),
    "packages/comms/telemetry/src/index.ts": `export * from "@parley/core/protos/a/b_pb.js";`,
    "systems/orders/package.json": manifest("@parley-systems/orders", ["@parley/rpc", "@parley/core"], []),
    "systems/orders/system.ts": `import { core } from "@parley/rpc";\nexport default core;`,
    ...changed,
  });
}

describe("the check of layers", () => {
  it("finds nothing in a house that stands", () => {
    writeHouse();
    expect(checkLayers(root)).toEqual({ files: 5, imports: 6, violations: [] });
  });

  it.each([
    [
      "upward",
      "packages/base/core/src/index.ts",
      `export const a = 1;\nimport "@parley/rpc";`,
      "packages/base/core/src/index.ts:2: @parley/core → @parley/rpc points up, from floor 1 to floor 2",
    ],
    [
      "upward in a type",
      "packages/base/core/src/index.ts",
      `import type { A } from "@parley/rpc";\nexport type B = A;`,
      "points up",
    ],
    [
      "upward in a type query",
      "packages/base/core/src/index.ts",
      `export type B = import("@parley/rpc").A;`,
      "points up",
    ],
    [
      "upward when called",
      "packages/base/core/src/index.ts",
      `export const a = () => import("@parley/rpc");`,
      "points up",
    ],
    ["upward in a re-export", "packages/base/core/src/index.ts", `export { a } from "@parley/rpc";`, "points up"],
    ["upward in a star", "packages/base/core/src/index.ts", `export * as a from "@parley/rpc";`, "points up"],
    [
      "sideways",
      "packages/comms/telemetry/src/index.ts",
      `import "@parley/rpc";`,
      "@parley/telemetry → @parley/rpc points sideways",
    ],
    [
      "of a system",
      "packages/comms/rpc/src/index.ts",
      `import "@parley-systems/orders";`,
      "nothing may import a system",
    ],
    [
      "deep",
      "packages/comms/rpc/src/index.ts",
      `import "@parley/core/src/x.ts";`,
      "is a deep import: @parley/core exports ., ./internal",
    ],
    [
      "deep by a path",
      "packages/comms/rpc/src/index.ts",
      `import "../../../base/core/src/index.ts";`,
      "leaves packages/comms/rpc",
    ],
    [
      "through the sibling door",
      "systems/orders/system.ts",
      `import "@parley/core/internal";`,
      "uses the door for sibling packages",
    ],
    ["undeclared", "packages/comms/rpc/src/index.ts", `import "left-pad/x";`, `is not declared: add "left-pad"`],
    [
      "undeclared in scope",
      "packages/comms/rpc/src/index.ts",
      `import "@scope/pad/x";`,
      `is not declared: add "@scope/pad"`,
    ],
    ["of a bare Node module", "packages/comms/rpc/src/index.ts", `import "fs";`, `write "node:fs"`],
    [
      "in a circle",
      "packages/comms/rpc/src/x.ts",
      `import "./index.ts";\nexport const x = 1;`,
      "packages/comms/rpc/src/index.ts → packages/comms/rpc/src/x.ts → packages/comms/rpc/src/index.ts",
    ],
  ])("refuses an import %s", (_name, path, code, message) => {
    writeHouse({ [path]: code });
    const { violations } = checkLayers(root);
    expect(violations).toHaveLength(1);
    expect(violations[0]).toContain(message);
  });

  it("refuses a circle of folders, types included, but for src itself and a folder within the other", () => {
    writeHouse({
      "packages/comms/rpc/src/a/a.ts": `import type { B } from "../b/b.ts";\nexport type A = B;`,
      "packages/comms/rpc/src/b/b.ts": `import type { C } from "../c/c.ts";\nexport type B = C;`,
      "packages/comms/rpc/src/c/c.ts": `export type C = 1;`,
      "packages/comms/rpc/src/c/d.ts": `import type { A } from "../a/a.ts";\nexport type D = A;`,
      "packages/comms/rpc/src/a/deep/e.ts": `import type { A } from "../a.ts";\nimport "../../x.ts";\nexport type E = A;`,
    });
    expect(checkLayers(root).violations).toEqual([
      expect.stringMatching(/a circle of folders: \S+\/a → \S+\/b → \S+\/c → \S+\/a$/),
    ]);
  });

  it("takes a circle of types, or one that import() breaks, for none", () => {
    writeHouse({
      "packages/comms/rpc/src/x.ts": `import type { core } from "./index.ts";\nexport const x = (c: typeof core) => [c, import("./index.ts")];`,
    });
    expect(checkLayers(root).violations).toEqual([]);
  });

  it("lets a project with its own lock file find the house above it", () => {
    writeHouse({
      "bench/package.json": manifest("bench"),
      "bench/package-lock.json": "{}",
      "bench/main.ts": `import "@parley/rpc";\nimport "@parley/rpc/src/x.ts";\nimport "../systems/orders/system.ts";`,
    });
    expect(checkLayers(root).violations).toEqual([
      expect.stringContaining("bench/main.ts:2: bench → @parley/rpc/src/x.ts is a deep import"),
    ]);
  });

  it("lets a test, and only a test, use what the workspace installs for development", () => {
    const uses = `import { it } from "vitest";\nexport { it };`;
    writeHouse({
      "package.json": JSON.stringify({ name: "root", devDependencies: { vitest: "1" } }),
      "packages/comms/rpc/test/x.test.ts": uses,
      "packages/base/core/src/index.ts": uses,
    });
    expect(checkLayers(root).violations).toEqual([
      expect.stringMatching(/^packages\/base\/core\/src\/index\.ts:1: .*not declared/),
    ]);
  });

  it("asks for the floor of a new package", () => {
    writeHouse({ "packages/base/new/package.json": manifest("@parley/new") });
    expect(checkLayers(root).violations).toEqual([expect.stringContaining("@parley/new has no floor")]);
  });
});
