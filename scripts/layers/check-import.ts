import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { FLOORS, INTERNAL_DOOR, MAY_IMPORT } from "./arrows.ts";
import type { Unit } from "./workspace.ts";

/** One import, seen from the file that writes it. */
export interface Arrow {
  readonly from: Unit;
  /** Path from the root. */
  readonly file: string;
  readonly specifier: string;
}

function packageNameOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** The floor from 1; the roof is above all of them. Undefined for a package that lies on none. */
export function floorOf(unit: Unit): number | undefined {
  if (unit.place === "roof") return FLOORS.length + 1;
  const index = FLOORS.findIndex((floor) => unit.dir.startsWith(`packages/${floor}/`));
  return index === -1 ? undefined : index + 1;
}

function hasDoor(unit: Unit, subpath: string): boolean {
  return unit.doors.some((door) => {
    const [before = "", after] = door.split("*");
    return after === undefined ? door === subpath : subpath.startsWith(before) && subpath.endsWith(after);
  });
}

function checkRelative({ from, file, specifier }: Arrow): string | undefined {
  const target = posix.join(posix.dirname(file), specifier);
  if (from.standsAlone || target.startsWith(`${from.dir}/`)) return undefined;
  // Tests that kill and freeze a server start one of their own, as `npm run services` does; how far they go is said once for all.
  const forTests = target.startsWith("scripts/services/") || target.startsWith("scripts/testing/");
  if (file.startsWith(`${from.dir}/test/`) && forTests) return undefined;
  return `leaves ${from.dir}: import the other package by its name`;
}

function checkDirection(arrow: Arrow, to: Unit): string | undefined {
  const { from } = arrow;
  if (from.place === "roof") return undefined;
  if (to.place === "roof") return "nothing may import a system, a benchmark or an example";
  const allowed = MAY_IMPORT[from.name];
  if (!isShipped(arrow) || allowed === undefined || allowed.includes(to.name)) return undefined;
  const [low = 0, high = 0] = [floorOf(to), floorOf(from)];
  if (low > high) return `points up, from floor ${high} to floor ${low}`;
  if (low === high) return `points sideways: both stand on floor ${low} and do not know each other`;
  return `is no arrow of the house: see MAY_IMPORT in scripts/layers/arrows.ts`;
}

const isInternalDoor = (subpath: string) => subpath === INTERNAL_DOOR || subpath.startsWith(`${INTERNAL_DOOR}/`);

function checkDoor(from: Unit, to: Unit, specifier: string): string | undefined {
  const subpath = `.${specifier.slice(to.name.length)}`;
  if (!hasDoor(to, subpath)) return `is a deep import: ${to.name} exports ${to.doors.join(", ")}`;
  if (isInternalDoor(subpath) && from.place === "roof" && from.dir !== "bench")
    return `uses the door for sibling packages; take it from ${to.name}`;
  return undefined;
}

function isShipped({ from, file }: Arrow): boolean {
  return from.place === "house" && file.startsWith(`${from.dir}/src/`);
}

function checkDeclared(arrow: Arrow, name: string): string | undefined {
  const { from } = arrow;
  if (from.standsAlone) return undefined;
  if (from.dependencies.has(name) || (!isShipped(arrow) && from.devDependencies.has(name))) return undefined;
  return `is not declared: add "${name}" to the dependencies in ${from.dir}/package.json`;
}

/** The rule that an import breaks, in words that complete "a → b …"; undefined if it keeps them all. */
export function checkImport(arrow: Arrow, units: ReadonlyMap<string, Unit>): string | undefined {
  const { from, specifier } = arrow;
  if (specifier.startsWith(".")) return checkRelative(arrow);
  if (isBuiltin(specifier))
    return specifier.startsWith("node:") ? undefined : `is a Node module: write "node:${specifier}"`;
  const name = packageNameOf(specifier);
  const to = units.get(name);
  if (to === undefined) return checkDeclared(arrow, name);
  if (to === from) return checkDoor(from, to, specifier);
  return checkDirection(arrow, to) ?? checkDoor(from, to, specifier) ?? checkDeclared(arrow, name);
}
