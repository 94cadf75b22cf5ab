import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** A part of a compose file: a service whose command is one of `parley`. */
export interface ComposePart {
  readonly name: string;
  /** What stands behind the entry point of the image. */
  readonly args: readonly string[];
  /** Exactly what the part gets, its variables filled in. */
  readonly env: Readonly<Record<string, string>>;
  /** The shell line that tells whether the part is healthy. */
  readonly healthCheck: string;
  readonly dependsOn: readonly string[];
  readonly stopGraceMs: number;
}

interface RawService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly stop_grace_period?: string;
}

/** The image that `deploy/Dockerfile` makes. */
const IMAGE = "parley";

/**
 * Reads the parts of a compose file as Docker would: merge keys, `${NAME:-default}`, `${NAME:?message}` and `$$`.
 *
 * @throws an error with the message of the file if a variable that it demands is missing.
 */
export function readParts(file: URL, variables: Readonly<Record<string, string>>): readonly ComposePart[] {
  const { services } = parse(readFileSync(file, "utf8"), { merge: true }) as { services: Record<string, RawService> };
  const fill = (text: string): string => interpolate(text, variables);
  return Object.entries(services)
    .filter(([, { image }]) => image === IMAGE)
    .map(([name, { command, environment, healthcheck, depends_on, stop_grace_period }]) => {
      const [kind, healthCheck] = healthcheck?.test ?? [];
      if (kind !== "CMD-SHELL" || healthCheck === undefined) throw new Error(`${name} has no health check by a shell`);
      return {
        name,
        args: (command ?? []).map(fill),
        env: Object.fromEntries(Object.entries(environment ?? {}).map(([key, value]) => [key, fill(String(value))])),
        healthCheck: fill(healthCheck),
        dependsOn: Array.isArray(depends_on) ? depends_on : Object.keys(depends_on ?? {}),
        stopGraceMs: 1_000 * Number.parseInt(stop_grace_period ?? "10s", 10),
      };
    });
}

function interpolate(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}/g, (all, name: string, operator: string, rest: string) => {
    if (all === "$$") return "$";
    const value = variables[name] ?? "";
    if (value !== "") return value;
    if (operator === "?") throw new Error(`${name} ${rest}`);
    return operator === "-" ? rest : "";
  });
}
