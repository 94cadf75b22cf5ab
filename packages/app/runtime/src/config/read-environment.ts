import type { SystemDefinition } from "parleyjs";
import { environmentVariables, partsOf } from "parleyjs";
import type { ValueOf } from "parleyjs/internal";
import { COMMON_VARIABLES, type CommonVariable, didYouMean, portVariable } from "parleyjs/internal";
import { type ConfigFlags, flagOf } from "./flags.ts";
import type { ConfigurationProblem } from "./problem.ts";
import { readScalar, readText } from "./read-scalar.ts";

/** What flags and environment say, a flag before the variable of the same meaning. */
export interface Settings {
  /** The value of a variable that every system has. */
  common<Name extends CommonVariable>(name: Name): ValueOf<(typeof COMMON_VARIABLES)[Name]["spec"]> | undefined;
  /** The text of a variable that bears a part's name. */
  own(name: string): string | undefined;
  port(part: string): number | undefined;
  /** Whether a variable is set to nothing, which counts as not set. */
  isEmpty(name: CommonVariable): boolean;
  readonly problems: readonly ConfigurationProblem[];
}

/** Reads every variable the system knows. An empty variable counts as none, as compose files and CI set them. */
export function readSettings(system: SystemDefinition, env: NodeJS.ProcessEnv, flags: ConfigFlags): Settings {
  const problems: ConfigurationProblem[] = [];
  const values = new Map<string, string | number>();
  const parts = partsOf(system).map(({ name }) => name);

  for (const { name, spec, secrecy } of environmentVariables(system)) {
    const flag = Object.hasOwn(COMMON_VARIABLES, name) ? flags.settings?.[name as CommonVariable] : undefined;
    const text = flag ?? env[name];
    if (text === undefined || text === "") continue;
    const reading = readText(spec, text);
    if (reading.ok) values.set(name, reading.value);
    else {
      const message = secrecy === "secret" ? "is not valid" : reading.message;
      problems.push(
        flag === undefined
          ? { source: "environment", path: name, message }
          : { source: "flag", path: flagOf(name), message },
      );
    }
  }

  const ports = new Map(Object.entries(flags.ports ?? {}));
  for (const [part, port] of ports) {
    const reading = readScalar({ kind: "integer", min: 0, max: 65_535, about: "" }, port);
    if (!parts.includes(part)) {
      const message = `names no part of the system${didYouMean(part, parts)}; the parts are ${parts.join(", ")}`;
      problems.push({ source: "flag", path: `--port ${part}`, message });
    } else if (!reading.ok) problems.push({ source: "flag", path: `--port ${part}`, message: reading.message });
  }

  return {
    common: (name) => values.get(name) as never,
    own: (name) => values.get(name)?.toString(),
    port: (part) => ports.get(part) ?? (values.get(portVariable(part)) as number | undefined),
    isEmpty: (name) => env[name] === "" && !values.has(name),
    problems,
  };
}
