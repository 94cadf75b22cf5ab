import { existsSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { failedPrecondition, notFound } from "@parley/core";

/** The languages that contracts can be compiled to. */
export const LANGUAGES = ["typescript", "go", "python"] as const;

export type Language = (typeof LANGUAGES)[number];

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
  /** Where in `genDir` the code of each language goes: empty, or ending with `/`. */
  readonly codeDirs: Readonly<Record<Language, string>>;
  /** The compiled contracts: a FileDescriptorSet with imports and comments. */
  readonly descriptorsPath: string;
}

/** Name of the descriptor set, which lies beside the TypeScript code. */
export const DESCRIPTORS_FILE = "descriptors.binpb";

/** Contracts of one system; or contracts that programs of several languages share, with a folder for each language. */
const LAYOUTS = [
  { protos: "protos", gen: "gen", codeDirs: { typescript: "", go: "go/", python: "python/" } },
  { protos: "shared/protos", gen: "shared/protos/gen", codeDirs: { typescript: "ts/", go: "go/", python: "python/" } },
] as const;

/**
 * The folder of a system.
 * @throws ParleyError NOT_FOUND if there is no such folder, FAILED_PRECONDITION if it holds no contracts.
 */
export function openSystemFolder(path: string): SystemFolder {
  const dir = resolve(path);
  if (!existsSync(dir) || !statSync(dir).isDirectory()) throw notFound(`folder of the system, ${dir},`);
  const folder = findContracts(dir);
  if (folder) return folder;
  throw failedPrecondition(
    `${dir} holds no folder protos or shared/protos. Put the contracts there, for example protos/users/v1/users.proto, or name another folder with --system`,
  );
}

/** The contracts in the folder of a system, or undefined if it has none. */
export function findContracts(dir: string): SystemFolder | undefined {
  const layout = LAYOUTS.find(({ protos }) => existsSync(join(dir, protos)));
  if (!layout) return undefined;
  const { protos, codeDirs } = layout;
  const genDir = join(dir, layout.gen);
  const descriptorsPath = join(genDir, codeDirs.typescript, DESCRIPTORS_FILE);
  return { name: basename(dir), dir, protosDir: join(dir, protos), genDir, codeDirs, descriptorsPath };
}

/** The contract files of a folder, as import paths (`users/v1/users.proto`), sorted. */
export async function listProtos(protosDir: string): Promise<readonly string[]> {
  const entries = await readdir(protosDir, { recursive: true });
  return entries
    .filter((path) => path.endsWith(".proto"))
    .map((path) => path.replaceAll("\\", "/"))
    .sort();
}
