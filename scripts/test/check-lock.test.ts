import { expect, it } from "vitest";
import { checkLock } from "../ci/check-lock.ts";

it("accepts a lock file in which every name is found, as Node would find it", () => {
  const problems = checkLock({
    "": { devDependencies: { a: "1" } },
    "packages/p": { dependencies: { b: "1" } },
    "packages/p/node_modules/b": { version: "1", dependencies: { c: "1" } },
    "node_modules/a": { version: "1", devDependencies: { "not-installed": "1" } },
    "node_modules/c": { version: "1" },
  });
  expect(problems).toEqual([]);
});

it("refuses a lock file without the binaries of other platforms, for which a clean install fails", () => {
  const problems = checkLock({
    "": {},
    "node_modules/tool": { version: "1", optionalDependencies: { "tool-darwin": "1" } },
  });
  expect(problems).toEqual(["node_modules/tool names tool-darwin, which is not locked"]);
});

it("refuses a package that needs an install script", () => {
  const problems = checkLock({ "": {}, "node_modules/native": { version: "1", hasInstallScript: true } });
  expect(problems).toEqual([expect.stringContaining("node_modules/native has an install script")]);
});
