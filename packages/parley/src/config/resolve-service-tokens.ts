import { join } from "node:path";
import { POLICY_SPEC } from "./policy-spec.ts";
import type { ConfigurationProblem } from "./problem.ts";
import type { Settings } from "./read-environment.ts";
import type { PolicyReading } from "./read-policy.ts";

/** Where the secret is that service tokens are signed and verified with. */
export type ServiceTokensConfig =
  /** Services ask each other for no token. */
  | { readonly kind: "off" }
  | { readonly kind: "secret"; readonly secret: string }
  /** Made at the first start and kept in a file that only its owner reads, so that all parts on this machine find the same. */
  | { readonly kind: "kept"; readonly path: string };

export interface ServiceTokensSources {
  readonly settings: Settings;
  readonly reading: PolicyReading;
  readonly mode: "development" | "production";
  readonly dataDir: string;
  /** The parts that run with the configuration. */
  readonly parts: readonly string[];
  /** Takes what is wrong. */
  readonly problems: ConfigurationProblem[];
}

/** RFC 7518 section 3.2: a key for HS256 has at least as many bits as the hash. */
const LEAST_SECRET_BYTES = 32;
const FILE = "service-token.secret";

export function resolveServiceTokens(sources: ServiceTokensSources): ServiceTokensConfig {
  const { settings, reading, mode, dataDir, parts, problems } = sources;
  const secret = settings.common("SERVICE_TOKEN_SECRET");
  const report = (message: string): void => {
    problems.push({ source: "environment", path: "SERVICE_TOKEN_SECRET", message });
  };
  if (secret !== undefined) {
    if (secret === settings.common("JWT_SECRET")) {
      report("must not be JWT_SECRET: whoever makes users' tokens could then make those of services");
    }
    const bytes = Buffer.byteLength(secret);
    if (mode === "production" && bytes < LEAST_SECRET_BYTES) {
      report(`must have at least ${LEAST_SECRET_BYTES} random characters in production, got ${bytes}`);
    }
    return { kind: "secret", secret };
  }
  const { serviceTokens } = POLICY_SPEC.fields.identity.fields;
  if ((reading.policy.identity?.serviceTokens ?? serviceTokens.default) === "with-secret") return { kind: "off" };
  if (mode === "production") {
    if (parts.length === 0) return { kind: "off" };
    report(
      "must be set in production, to the same random text for all parts, because the policy requires service tokens",
    );
    return { kind: "off" };
  }
  return { kind: "kept", path: join(dataDir, FILE) };
}
