import type { SystemFolder } from "@parley/protobuf/internal";
import type { GeneratedFiles } from "../generated-files.ts";
import type { Workspace } from "../workspace.ts";

/** What a generator is given to work on. */
export interface GenerateInput {
  readonly folder: SystemFolder;
  readonly workspace: Workspace;
  /** The compiled contracts: a serialised FileDescriptorSet with imports and comments. */
  readonly descriptors: Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** Told what takes long: a tool that has to be installed first. */
  readonly progress: (message: string) => void;
}

/** Writes the code of one language. The same contracts give the same bytes on every machine. */
export interface LanguageGenerator {
  /**
   * @returns the files by their path within the language's own folder
   * @throws ParleyError FAILED_PRECONDITION naming what to install if the language's tools are not there
   */
  generate(input: GenerateInput): Promise<GeneratedFiles>;
  /** True for a path within the language's own folder that it writes: a stale one is removed. */
  owns(path: string): boolean;
}
