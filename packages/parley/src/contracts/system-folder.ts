import { existsSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { failedPrecondition, notFound } from "@parley/core";

/** Where the contracts of a system lie, and where what is generated from them goes. */
export interface SystemFolder {
  /** Name of the folder: `orders`. */
  readonly name: string;
  /** Absolute path. */
  readonly dir: string;
  /** The contracts, written by people. */
  readonly protosDir: string;
  /** What `parley generate` writes, and nothing else. */
  readonly genDir: string;
  /** The compiled contracts: a FileDescriptorSet with imports and comments. */
  readonly descriptorsPath: string;
}

/** Name of the descriptor set within the generated folder. */
export const DESCRIPTORS_FILE = "descriptors.binpb";

/**
 * The folder of a system.
 * @throws ParleyError NOT_FOUND if there is no such folder, FAILED_PRECONDITION if it holds no `protos`.
 */
export function openSystemFolder(path: string): SystemFolder {
  const dir = resolve(path);
  if (!existsSync(dir) || !statSync(dir).isDirectory()) throw notFound(`folder of the system, ${dir},`);
  const protosDir = join(dir, "protos");
  if (!existsSync(protosDir)) {
    throw failedPrecondition(
      `${dir} holds no protos folder. Put the contracts there, for example protos/users/v1/users.proto, or name another folder with --system`,
    );
  }
  const genDir = join(dir, "gen");
  return { name: basename(dir), dir, protosDir, genDir, descriptorsPath: join(genDir, DESCRIPTORS_FILE) };
}

/** The contract files of a folder, as import paths (`users/v1/users.proto`), sorted. */
export async function listProtos(protosDir: string): Promise<readonly string[]> {
  const entries = await readdir(protosDir, { recursive: true });
  return entries
    .filter((path) => path.endsWith(".proto"))
    .map((path) => path.replaceAll("\\", "/"))
    .sort();
}
