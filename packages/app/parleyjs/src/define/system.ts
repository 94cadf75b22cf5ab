import { definitionProblems } from "./definition-problems.ts";
import type { SystemDefinition, SystemOptions } from "./system-definition.ts";

/**
 * Puts services and gateways together. It is the default export of a system's `system.ts`.
 * @throws TypeError that lists every mistake in the definitions.
 */
export function defineSystem(options: SystemOptions): SystemDefinition {
  const system: SystemDefinition = { kind: "system", ...options };
  const problems = definitionProblems(system);
  if (problems.length > 0) {
    throw new TypeError([`system ${JSON.stringify(options.name)} cannot be built:`, ...problems].join("\n  - "));
  }
  return system;
}
