import { join } from "node:path";
import { POLICY_SPEC } from "parleyjs/internal";
import type { Settings } from "./read-environment.ts";
import type { PolicyReading } from "./read-policy.ts";
import { checkEmptySecret, checkSecret, type Findings } from "./secrets.ts";

/** Where the secret is that service tokens are signed and verified with. */
export type ServiceTokensConfig =
  /** Services ask each other for no token. */
  | { readonly kind: "off" }
  /** Signed with `secret`; verified with it and with those that are accepted too, of which there is one during a rotation. */
  | { readonly kind: "secret"; readonly secret: string; readonly acceptedSecrets?: readonly string[] }
  /** Made at the first start and kept in a file that only its owner reads, so that all parts on this machine find the same. */
  | { readonly kind: "kept"; readonly path: string };

export interface ServiceTokensSources {
  readonly settings: Settings;
  readonly reading: PolicyReading;
  readonly dataDir: string;
  readonly findings: Findings;
}

const FILE = "service-token.secret";
const NAMES = ["SERVICE_TOKEN_SECRET", "SERVICE_TOKEN_SECRET_ACCEPTED"] as const;

export function resolveServiceTokens(sources: ServiceTokensSources): ServiceTokensConfig {
  const { settings, reading, dataDir, findings } = sources;
  const [secret, accepted] = NAMES.map((name) => settings.common(name));
  const report = (message: string, path: string = NAMES[0]): void => {
    findings.problems.push({ source: "environment", path, message });
  };
  for (const path of NAMES) {
    checkEmptySecret(path, settings, findings);
    const value = settings.common(path);
    if (value !== undefined) checkSecret({ source: "environment", path, secret: value }, findings);
  }
  if (secret !== undefined) {
    return { kind: "secret", secret, ...(accepted !== undefined && { acceptedSecrets: [accepted] }) };
  }
  if (accepted !== undefined) report("needs SERVICE_TOKEN_SECRET beside it, which signs", NAMES[1]);
  const { serviceTokens } = POLICY_SPEC.fields.identity.fields;
  if ((reading.policy.identity?.serviceTokens ?? serviceTokens.default) === "with-secret") return { kind: "off" };
  if (findings.mode === "production") {
    if (findings.parts.length === 0) return { kind: "off" };
    report(
      "must be set in production, to the same random text for all parts, because the policy requires service tokens",
    );
    return { kind: "off" };
  }
  return { kind: "kept", path: join(dataDir, FILE) };
}
