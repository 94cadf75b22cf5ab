import { ParleyError } from "@parley/core";

/** One mistake in the configuration. */
export interface ConfigurationProblem {
  /** Where it stands: `policy.yaml:3:9`, `environment`, `flag`. */
  readonly source: string;
  /** What it is about: `timeouts.call`, `USER_SERVICE_PORT`, `--port`. */
  readonly path: string;
  /** What is wrong and what is allowed, without naming the path again: `must be a duration such as 3s, got 3`. */
  readonly message: string;
}

/** Everything that is wrong with a configuration, as one error; each problem is also a field violation in its details. */
export function configurationError(problems: readonly ConfigurationProblem[]): ParleyError {
  const lines = problems.map(({ source, path, message }) => `${source} ${path} ${message}`);
  const noun = problems.length === 1 ? "1 mistake" : `${problems.length} mistakes`;
  return new ParleyError("FAILED_PRECONDITION", [`the configuration has ${noun}:`, ...lines].join("\n  - "), {
    details: [
      {
        type: "bad_request",
        violations: problems.map(({ source, path, message }) => ({
          field: path,
          description: message,
          reason: source,
        })),
      },
    ],
  });
}
