import { secretProblem } from "@parley/identity/secrets";
import type { ConfigurationProblem } from "./problem.ts";
import type { Settings } from "./read-environment.ts";

/** What is wrong with a configuration, and what is only doubtful. */
export interface Findings {
  readonly mode: "development" | "production";
  /** The parts that run with the configuration. */
  readonly parts: readonly string[];
  /** Takes what stops the start. */
  readonly problems: ConfigurationProblem[];
  /** Takes what a start only warns of. */
  readonly warnings: ConfigurationProblem[];
}

/** RFC 7518 section 3.2: a key for HS256 has at least as many bits as the hash. */
const LEAST_SECRET_BYTES = 32;

/** A secret, and where it was found: `environment JWT_SECRET`. */
export interface NamedSecret {
  readonly source: string;
  readonly path: string;
  readonly secret: string;
}

/** A secret that can be guessed is refused in production and warned of in development; what is none is always refused. */
export function checkSecret({ source, path, secret }: NamedSecret, { mode, problems, warnings }: Findings): void {
  const problem = secretProblem(secret);
  const bytes = Buffer.byteLength(secret);
  if (problem !== undefined) problems.push({ source, path, message: problem });
  else if (bytes < LEAST_SECRET_BYTES) {
    const message = `must have at least ${LEAST_SECRET_BYTES} random characters in production, got ${bytes}`;
    (mode === "production" ? problems : warnings).push({ source, path, message });
  }
}

/**
 * A secret that is set to nothing counts as not set, which opens what it was meant to close: refused in production, where it is
 * most likely a variable of the deployment that has no value.
 */
export function checkEmptySecret(
  name: "JWT_SECRET" | "JWT_SECRET_ACCEPTED" | "SERVICE_TOKEN_SECRET" | "SERVICE_TOKEN_SECRET_ACCEPTED",
  settings: Settings,
  { mode, parts, problems, warnings }: Findings,
): void {
  if (!settings.isEmpty(name) || parts.length === 0) return;
  const meaning = "is set and empty, which counts as not set";
  const [list, rest] =
    mode === "production" ? [problems, "give it a value, or remove it"] : [warnings, "production refuses it"];
  list.push({ source: "environment", path: name, message: `${meaning}: ${rest}` });
}
