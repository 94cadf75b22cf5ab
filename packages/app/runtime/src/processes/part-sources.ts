import { pathToFileURL } from "node:url";
import { type PartDefinition, partsOf } from "parleyjs";
import { policyPath } from "../config/resolve-config.ts";
import { migrationsPath } from "../run/databases.ts";
import type { LoadedSystem } from "../run/load-system.ts";
import { type ModuleGraph, toPaths } from "./module-graph.ts";
import type { SourceSet } from "./source-set.ts";

/** The sources of a whole system. */
export function systemSources(system: LoadedSystem, graph: ModuleGraph): SourceSet {
  const modules = graph.reachableFrom(pathToFileURL(system.entry).href);
  return withData(system, toPaths(modules), partsOf(system.definition));
}

/**
 * The sources of one part: what the module that exports its definition leads to, and what all parts share, which is
 * `system.ts` itself and the policy file.
 */
export async function partSources(system: LoadedSystem, part: PartDefinition, graph: ModuleGraph): Promise<SourceSet> {
  const entry = pathToFileURL(system.entry).href;
  let own = graph.reachableFrom(entry);
  for (const url of own) {
    const reached = graph.reachableFrom(url);
    // A module that exports the definition on, like a barrel, reaches more than the one that makes it.
    if (reached.size < own.size && (await exportsOf(url)).includes(part)) own = reached;
  }
  return withData(system, [system.entry, ...toPaths(own)], [part]);
}

/** Every module here has been evaluated: the import gives what is there. */
async function exportsOf(url: string): Promise<readonly unknown[]> {
  return Object.values((await import(url)) as object);
}

function withData(system: LoadedSystem, files: readonly string[], parts: readonly PartDefinition[]): SourceSet {
  const policy = policyPath(system);
  return {
    files: [...new Set(policy === undefined ? files : [...files, policy])],
    folders: parts.flatMap((part) =>
      part.kind === "service" && part.database ? [migrationsPath(system.directory, part.database)] : [],
    ),
  };
}
