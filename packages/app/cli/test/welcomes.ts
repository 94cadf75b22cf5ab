import { fileURLToPath } from "node:url";
import type { LoadedSystem } from "@parley/runtime";
import definition from "./fixtures/welcomes/system.ts";

export const WELCOMES_DIR = fileURLToPath(new URL("./fixtures/welcomes", import.meta.url));

/** One service tells of names, the other greets them, puts each greeting on paper, and cannot greet everybody. */
export const welcomes: LoadedSystem = { definition, directory: WELCOMES_DIR, entry: `${WELCOMES_DIR}/system.ts` };
