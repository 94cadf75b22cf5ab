import { fileURLToPath } from "node:url";
import type { LoadedSystem } from "@parley/runtime";
import definition from "./fixtures/greetings/system.ts";

/** The folder of the system that these tests run. */
export const GREETINGS_DIR = fileURLToPath(new URL("./fixtures/greetings", import.meta.url));

/** Two services, one of them with a database, and a gateway. */
export const greetings: LoadedSystem = { definition, directory: GREETINGS_DIR, entry: `${GREETINGS_DIR}/system.ts` };

/** The same with another policy file. */
export function withPolicy(policy: string): LoadedSystem {
  return { ...greetings, definition: { ...definition, policy } };
}
