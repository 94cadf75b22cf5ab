import { environmentName } from "../define/names.ts";
import { partsOf, type SystemDefinition } from "../define/system-definition.ts";
import { nearestWord } from "./did-you-mean.ts";
import { environmentVariables } from "./environment.ts";

/** A variable that looks meant for the system and is read by nobody. */
export interface SuspiciousVariable {
  readonly name: string;
  readonly suggestion: string | undefined;
}

/** Variables that begin like one of the system's own (`USER_SERVICE_`, `PARLEY_`) but are not: most likely slips. */
export function suspiciousVariables(system: SystemDefinition, env: NodeJS.ProcessEnv): readonly SuspiciousVariable[] {
  const known = environmentVariables(system).map(({ name }) => name);
  const prefixes = ["PARLEY_", ...partsOf(system).map(({ name }) => `${environmentName(name)}_`)];
  return Object.keys(env)
    .filter((name) => !known.includes(name) && prefixes.some((prefix) => name.startsWith(prefix)))
    .filter((name) => !name.startsWith("PARLEY_TEST_") && name !== "PARLEY_CACHE_DIR")
    .map((name) => ({ name, suggestion: nearestWord(name, known) }));
}
