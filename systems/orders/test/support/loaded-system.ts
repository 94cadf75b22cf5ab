import { fileURLToPath } from "node:url";
import type { LoadedSystem } from "@parley/runtime";
import definition from "../../system.ts";

const directory = fileURLToPath(new URL("../..", import.meta.url));

/** The system under test. */
export const orders: LoadedSystem = { definition, directory, entry: `${directory}system.ts` };
