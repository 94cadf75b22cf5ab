import { access, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ParleyError } from "@parley/core";
import { findContracts } from "@parley/protobuf/internal";
import type { SystemDefinition } from "parleyjs";
import type { SystemInFolder } from "../config/resolve-config.ts";

/** A system and the file it was read from. */
export interface LoadedSystem extends SystemInFolder {
  /** The absolute path of `system.ts`. */
  readonly entry: string;
}

const ENTRY_NAMES = ["system.ts", "system.mts", "system.js", "system.mjs"] as const;

/**
 * Reads the system of a folder: the default export of its `system.ts`. A module is read once per process; to see a
 * change, load it in another process.
 * @throws ParleyError NOT_FOUND without such a file, FAILED_PRECONDITION if it cannot be used, with the reason as cause.
 */
export async function loadSystem(directory: string): Promise<LoadedSystem> {
  const folder = resolve(directory);
  const entry = await findEntry(folder);
  const { default: definition } = await importModule(entry, folder);
  if (!isSystem(definition)) {
    throw new ParleyError(
      "FAILED_PRECONDITION",
      `${entry} must export a system by default: export default defineSystem({ … })`,
    );
  }
  return { definition, directory: folder, entry };
}

/** The file that holds the system of a folder. @throws ParleyError NOT_FOUND if there is none. */
export async function findEntry(folder: string): Promise<string> {
  const info = await stat(folder).catch(() => undefined);
  if (!info?.isDirectory())
    throw new ParleyError("NOT_FOUND", `${folder} is not a folder; name the folder of a system`);
  for (const name of ENTRY_NAMES) {
    const path = join(folder, name);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  const names = ENTRY_NAMES.join(", ");
  throw new ParleyError("NOT_FOUND", `${folder} holds no system: none of ${names} is there; name the folder of one`);
}

async function importModule(path: string, folder: string): Promise<{ readonly default?: unknown }> {
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    const reason =
      error instanceof Error ? `${error.name === "Error" ? "" : `${error.name}: `}${error.message}` : String(error);
    const remedy = concernsGeneratedCode(reason, folder)
      ? `; generated code is missing or out of date: run parley generate --system ${folder}`
      : "";
    throw new ParleyError("FAILED_PRECONDITION", `${path} cannot be loaded: ${reason}${remedy}`, { cause: error });
  }
}

/** A module that is not there, or lacks an export: Node names the one by its path, the other as it was imported. */
function concernsGeneratedCode(reason: string, folder: string): boolean {
  const importer = /Cannot find package '[^']+' imported from (\S+)/.exec(reason)?.[1];
  const missing = importer ?? /Cannot find module '([^']+)'/.exec(reason)?.[1];
  const contracts = findContracts(folder);
  if (missing !== undefined && contracts) return missing.startsWith(join(contracts.genDir, "/"));
  return /requested module '[^']*_pb\.ts' does not provide an export/.test(reason);
}

function isSystem(value: unknown): value is SystemDefinition {
  return typeof value === "object" && value !== null && (value as Partial<SystemDefinition>).kind === "system";
}
