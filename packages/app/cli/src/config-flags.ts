import type { ConfigFlags } from "@parley/runtime";
import { flagOf } from "@parley/runtime/internal";
import type { Command } from "commander";
import { COMMON_VARIABLES, type CommonVariable } from "parleyjs/internal";
import { UsageError } from "./usage-error.ts";

/** What commander makes of the flags that {@link addConfigFlags} adds, beside one for each setting. */
export interface ConfigFlagValues {
  /** `part=PORT`, as typed. */
  readonly port?: readonly string[];
  readonly migrate?: boolean;
}

/**
 * Settings that have a flag. A secret has none, because every user of a machine can read its command lines; what kind
 * of place this is (NODE_ENV) is the environment's to say.
 */
export const SETTINGS = Object.entries(COMMON_VARIABLES).flatMap(([name, { spec, secrecy }]) =>
  secrecy === "public" && name !== "NODE_ENV"
    ? [{ variable: name as CommonVariable, flag: flagOf(name), attribute: attributeOf(flagOf(name)), spec }]
    : [],
);

/** Adds a flag for every setting that the command line may override. */
export function addConfigFlags(command: Command): Command {
  command
    .option("--port <part=port>", "where a part listens, 0 for any free port; may be repeated", collect)
    .option("--migrate", "apply pending migrations at the start, also in production")
    .optionsGroup("Settings (over the environment, which is over the policy file):");
  for (const { flag, spec, variable } of SETTINGS) {
    command.option(`${flag} <${spec.kind}>`, `${spec.about} [${variable}]`);
  }
  return command.optionsGroup("Options:");
}

/** @throws UsageError for a `--port` that is not `part=PORT`. What the values mean is checked with the configuration. */
export function readConfigFlags(values: ConfigFlagValues): ConfigFlags {
  const given = values as ConfigFlagValues & Readonly<Record<string, unknown>>;
  const settings = SETTINGS.flatMap(({ attribute, variable }) => {
    const value = given[attribute];
    return typeof value === "string" ? [[variable, value] as const] : [];
  });
  return {
    ports: Object.fromEntries((values.port ?? []).map(parsePort)),
    settings: Object.fromEntries(settings),
    migrate: values.migrate ?? false,
  };
}

function parsePort(text: string): readonly [part: string, port: number] {
  const match = /^([^=]+)=(\d+)$/.exec(text);
  if (match?.[1] && match[2]) return [match[1], Number(match[2])];
  throw new UsageError(`--port ${JSON.stringify(text)} must be part=PORT, as in user-service=50061`);
}

/** The name under which commander keeps a flag: `--log-level` is `logLevel`. */
function attributeOf(flag: string): string {
  return flag.slice(2).replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase());
}

function collect(value: string, values: readonly string[] = []): readonly string[] {
  return [...values, value];
}
