import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { MAY_IMPORT } from "./arrows.ts";
import { checkImport, floorOf } from "./check-import.ts";
import { findCycles } from "./find-cycles.ts";
import { findFolderCycles } from "./folder-cycles.ts";
import { importsOf } from "./imports-of.ts";
import { readWorkspace, sourceFilesOf, type Unit } from "./workspace.ts";

export interface LayerReport {
  readonly files: number;
  readonly imports: number;
  /** One line each: the place, the arrow, the rule. */
  readonly violations: readonly string[];
}

/** Packages whose folders still import each other in circles. */
const FOLDERS_IN_CIRCLES: readonly string[] = [];

function checkUnit(root: string, unit: Unit, units: ReadonlyMap<string, Unit>): LayerReport {
  const violations: string[] = [];
  const graph = new Map<string, readonly string[]>();
  const everything = new Map<string, readonly string[]>();
  let imports = 0;
  if (floorOf(unit) === undefined || (unit.place === "house" && MAY_IMPORT[unit.name] === undefined)) {
    violations.push(`${unit.dir}/package.json: ${unit.name} has no floor; add it to scripts/layers/arrows.ts`);
  }
  for (const file of sourceFilesOf(root, unit)) {
    const sites = importsOf(readFileSync(join(root, file), "utf8"), file);
    imports += sites.length;
    for (const { specifier, line } of sites) {
      const broken = checkImport({ from: unit, file, specifier }, units);
      if (broken !== undefined) violations.push(`${file}:${line}: ${unit.name} → ${specifier} ${broken}`);
    }
    // Only what is read at load can find its circle half done; a circle of types, or one broken by import(), is none at run time.
    const relative = sites.filter(({ specifier }) => specifier.startsWith("."));
    everything.set(
      file,
      relative.map(({ specifier }) => posix.join(posix.dirname(file), specifier)),
    );
    const loaded = sites.filter(({ specifier, when }) => when === "load" && specifier.startsWith("."));
    graph.set(
      file,
      loaded.map(({ specifier }) => posix.join(posix.dirname(file), specifier)),
    );
  }
  for (const cycle of findCycles(graph))
    violations.push(`${cycle[0]}: imports itself in a circle: ${cycle.join(" → ")}`);
  if (unit.place === "house" && !FOLDERS_IN_CIRCLES.includes(unit.name)) {
    for (const cycle of findFolderCycles(everything, `${unit.dir}/src`))
      violations.push(`${cycle[0]}: a circle of folders: ${cycle.join(" → ")}`);
  }
  return { files: graph.size, imports, violations };
}

/** Checks every import of every package under `root` against the floors of the house. */
export function checkLayers(root: string): LayerReport {
  const workspace = readWorkspace(root);
  const units = new Map(workspace.map((unit) => [unit.name, unit]));
  const reports = workspace.map((unit) => checkUnit(root, unit, units));
  return {
    files: reports.reduce((sum, report) => sum + report.files, 0),
    imports: reports.reduce((sum, report) => sum + report.imports, 0),
    violations: reports.flatMap((report) => report.violations),
  };
}
