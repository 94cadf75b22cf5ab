import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ParleyError } from "@parley/core";
import type { SystemFolder } from "@parley/protobuf/internal";
import { parse } from "yaml";

/** The `lint` and `breaking` settings of a buf.yaml. */
export interface BufConfig {
  readonly lint: Readonly<Record<string, unknown>>;
  readonly breaking: Readonly<Record<string, unknown>>;
}

/**
 * STANDARD, with two liberties for contracts that are also an HTTP API: enum values are the words of the JSON, so they
 * need no prefix, and a DELETE answers with nothing. FILE is the strictest category of breaking changes: it guards the
 * wire, the JSON and the generated code.
 */
export const DEFAULT_BUF_CONFIG: BufConfig = {
  lint: {
    use: ["STANDARD"],
    except: ["ENUM_VALUE_PREFIX"],
    rpc_allow_google_protobuf_empty_requests: true,
    rpc_allow_google_protobuf_empty_responses: true,
  },
  breaking: { use: ["FILE"] },
};

/** The settings of `buf.yaml` in the system's folder; a section it leaves out has Parley's default. */
export async function loadBufConfig(folder: SystemFolder): Promise<BufConfig> {
  const path = join(folder.dir, "buf.yaml");
  if (!existsSync(path)) return DEFAULT_BUF_CONFIG;
  try {
    const own = (parse(await readFile(path, "utf8")) ?? {}) as Partial<BufConfig>;
    return { lint: own.lint ?? DEFAULT_BUF_CONFIG.lint, breaking: own.breaking ?? DEFAULT_BUF_CONFIG.breaking };
  } catch (error) {
    throw new ParleyError("INVALID_ARGUMENT", `${path} is not YAML: ${(error as Error).message}`, { cause: error });
  }
}
