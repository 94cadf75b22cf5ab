import type { CommonVariable } from "parleyjs/internal";

/** What the command line can say about the configuration. Flags win over the environment and the policy file. */
export interface ConfigFlags {
  /** `--port part=PORT`: where parts listen; 0 takes any free port. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Single settings, as text, by the name of the variable they override: `--log-level` is LOG_LEVEL. */
  readonly settings?: Readonly<Partial<Record<CommonVariable, string>>>;
  /** `--migrate`: run the migrations at the start, also in production. */
  readonly migrate?: boolean;
}

/** How a variable is written as a flag: LOG_LEVEL is `--log-level`. */
export function flagOf(variable: string): string {
  const words = variable.toLowerCase().replaceAll("_", "-");
  return `--${words.replace(/^parley-/, "")}`;
}
