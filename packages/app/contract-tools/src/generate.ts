import type { Language, SystemFolder } from "@parley/protobuf/internal";
import { compileDescriptors } from "./compile.ts";
import { applyChanges, compareGenerated, type FileChange } from "./generated-files.ts";
import { go } from "./languages/go.ts";
import type { LanguageGenerator } from "./languages/language.ts";
import { python } from "./languages/python.ts";
import { typescript } from "./languages/typescript.ts";
import { withWorkspace } from "./workspace.ts";

const GENERATORS: Readonly<Record<Language, LanguageGenerator>> = { typescript, go, python };

export interface GenerateOptions {
  readonly languages: readonly Language[];
  /** `"check"` compares and writes nothing. Default `"write"`. */
  readonly mode?: "write" | "check" | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told what takes long, for a person who waits. Default says nothing. */
  readonly progress?: ((message: string) => void) | undefined;
}

export interface GenerateResult {
  /** How the generated files differ from those that were there. Empty if all were up to date. */
  readonly changes: readonly FileChange[];
  /** Files that the contracts give, changed or not. */
  readonly fileCount: number;
}

/**
 * Compiles the contracts of a system into code, and into the descriptor set that the runtime reads.
 * The same contracts give the same bytes, whoever runs it.
 *
 * @throws ParleyError INVALID_ARGUMENT with file, line and column if a contract does not compile; FAILED_PRECONDITION
 *   if the tools of a language are not there. Then nothing is written.
 */
export function generateContracts(folder: SystemFolder, options: GenerateOptions): Promise<GenerateResult> {
  const { languages, mode = "write", signal, progress = () => {} } = options;
  return withWorkspace(folder.protosDir, async (workspace) => {
    const descriptors = await compileDescriptors(workspace, { signal });
    const generated = new Map<string, Uint8Array>();
    for (const language of languages) {
      const input = { folder, workspace, descriptors, signal, progress };
      const place = folder.codeDirs[language];
      for (const [path, bytes] of await GENERATORS[language].generate(input)) generated.set(`${place}${path}`, bytes);
    }
    const owns = (path: string): boolean =>
      languages.some((language) => {
        const place = folder.codeDirs[language];
        return path.startsWith(place) && GENERATORS[language].owns(path.slice(place.length));
      });
    const changes = await compareGenerated(folder.genDir, generated, owns);
    if (mode === "write") await applyChanges(folder.genDir, generated, changes);
    return { changes, fileCount: generated.size };
  });
}
