import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { publicNames } from "./public-names.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Doors that are no promise: those for the other packages of Parley, generated code, and what is no module. */
const isPromise = (door: string): boolean =>
  !door.startsWith("./internal") && !door.includes("*") && !door.includes("protobuf/") && !/\.json$/.test(door);

const packages = globSync("packages/*/*/package.json", { cwd: ROOT }).map((path) => dirname(path));

/** A change of what users may import is a change of this file, which is seen in review. `npx vitest run scripts/api -u` writes it. */
test.each(packages)("the public names of %s are those that were reviewed", async (dir) => {
  const { exports = {} } = JSON.parse(readFileSync(join(ROOT, dir, "package.json"), "utf8"));
  const doors = Object.entries<{ "@parley/source": string } | string>(exports).filter(([door]) => isPromise(door));
  const lists = doors.flatMap(([door, target]) =>
    typeof target === "string" ? [] : [`# ${door}`, ...publicNames(join(ROOT, dir, target["@parley/source"])), ""],
  );
  await expect(lists.join("\n")).toMatchFileSnapshot(join(ROOT, dir, "public-names.txt"));
});
