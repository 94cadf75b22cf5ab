import { resolve } from "node:path";
import type { EnvironmentVariable } from "parleyjs";
import type { Diagnosis } from "../doctor/diagnosis.ts";
import { examine } from "../doctor/examine.ts";
import { EXIT } from "../exit-codes.ts";
import type { CommandInput } from "./command.ts";
import type { DoctorFlags } from "./doctor.ts";

const MARKS = { ok: "ok  ", warning: "warn", problem: "FAIL" } as const satisfies Record<Diagnosis["level"], string>;

export async function runDoctor({ args, flags, output, terminal }: CommandInput<DoctorFlags>): Promise<number> {
  const { diagnoses, variables } = await examine(resolve(terminal.cwd, flags.system), {
    env: terminal.env,
    part: args[0],
  });
  const healthy = diagnoses.every(({ level }) => level !== "problem");
  const environment = variables.map((variable) => describeVariable(variable, terminal.env));
  output.result({ healthy, diagnoses, environment }, () => describe(diagnoses, healthy));
  return healthy ? EXIT.ok : EXIT.failed;
}

function describe(diagnoses: readonly Diagnosis[], healthy: boolean): string {
  const lines = diagnoses.flatMap(({ level, check, message, remedy }) => [
    `${MARKS[level]}  ${check}: ${message.replaceAll("\n", "\n      ")}`,
    ...(remedy === undefined ? [] : [`      ${remedy}`]),
  ]);
  return [...lines, healthy ? "nothing stops the start" : "the system would not start as it is"].join("\n");
}

/** The table of variables, with values where they are no secrets. */
function describeVariable({ name, spec, secrecy, otherwise }: EnvironmentVariable, env: NodeJS.ProcessEnv) {
  const value = env[name];
  const unset = otherwise ?? spec.default;
  return {
    name,
    about: spec.about,
    ...(unset !== undefined && { default: unset }),
    set: value !== undefined,
    ...(value !== undefined && secrecy === "public" && { value }),
  };
}
