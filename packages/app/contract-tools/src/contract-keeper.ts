import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isParleyError } from "@parley/core";
import { findContracts, type SystemFolder } from "@parley/protobuf/internal";
import { compileDescriptors } from "./compile.ts";
import { generateContracts } from "./generate.ts";
import { withWorkspace } from "./workspace.ts";

export interface ContractKeeperOptions {
  /** The folder of the system. */
  readonly directory: string;
  /** Shows a text to the developer at the terminal. */
  readonly notice: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Keeps the generated code of a system in step with its contracts: what the runtime calls a `ContractKeeper`. */
export function createContractKeeper({ directory, notice, signal }: ContractKeeperOptions) {
  const attempt = async (work: (folder: SystemFolder) => Promise<void>): Promise<boolean> => {
    const folder = findContracts(directory);
    if (!folder || signal.aborted) return true;
    try {
      await work(folder);
      return true;
    } catch (error) {
      if (!signal.aborted) notice(reasonOf(error));
      return false;
    }
  };
  return {
    /** The folders of the contracts, as they are now. */
    get sources() {
      const folder = findContracts(directory);
      return { files: [], folders: folder ? foldersOf(folder) : [] };
    },
    /** Reports generated code that does not match the contracts. Changes nothing, and never rejects. */
    async check(): Promise<void> {
      await attempt(async (folder) => {
        if (await isStale(folder, signal)) {
          notice(`the code in ${folder.genDir} does not match the contracts; run parley generate, or save a contract`);
        }
      });
    },
    /** Generates anew, and reports what was written or why nothing was. @returns false if the contracts are broken */
    generate: (): Promise<boolean> =>
      attempt(async (folder) => {
        const { changes } = await generateContracts(folder, { languages: ["typescript"], signal });
        if (changes.length > 0) {
          notice(`the contracts have changed, wrote ${changes.map(({ path }) => path).join(", ")}`);
        }
      }),
  };
}

/** Compares the compiled contracts alone: what they give in code follows from them. */
async function isStale(folder: SystemFolder, signal: AbortSignal): Promise<boolean> {
  const compiled = await withWorkspace(folder.protosDir, (workspace) => compileDescriptors(workspace, { signal }));
  const present = await readFile(folder.descriptorsPath).catch(() => undefined);
  return present === undefined || !present.equals(compiled);
}

/** Each folder with contracts: a watch sees one folder, and not those within it. What is generated is none of them. */
function foldersOf({ protosDir, genDir }: SystemFolder): readonly string[] {
  try {
    const entries = readdirSync(protosDir, { recursive: true, withFileTypes: true });
    const folders = entries
      .filter((entry) => entry.isDirectory())
      .map(({ parentPath, name }) => join(parentPath, name));
    return [protosDir, ...folders.filter((folder) => folder !== genDir && !folder.startsWith(join(genDir, "/")))];
  } catch {
    return []; // removed meanwhile: the next look may find it again
  }
}

/** What the compiler of contracts says has its places in it; of anything else the message is enough too, but for a defect. */
function reasonOf(error: unknown): string {
  if (isParleyError(error)) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
