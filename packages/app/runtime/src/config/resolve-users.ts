import type { JwtKeys } from "@parley/identity";
import type { IdentityDefinition, IdentityKeys, SystemDefinition } from "parleyjs";
import { gatewaysOf } from "parleyjs/internal";
import type { Settings } from "./read-environment.ts";
import type { ServiceTokensConfig } from "./resolve-service-tokens.ts";
import { checkEmptySecret, checkSecret, type Findings, type NamedSecret } from "./secrets.ts";

/** How users' tokens are verified, at the gateway and at every service alike. */
export interface UsersConfig {
  readonly keys: IdentityKeys | JwtKeys;
  /** What the keys are known from: `JWT_SECRET`, `identity.keys`. */
  readonly source: string;
  readonly claims: Omit<IdentityDefinition, "keys">;
}

type Secrets = Extract<JwtKeys, { readonly secret: string }>;

export interface UsersSources {
  readonly definition: SystemDefinition;
  readonly settings: Settings;
  readonly serviceTokens: ServiceTokensConfig;
  readonly findings: Findings;
}

const NAMES = ["JWT_SECRET", "JWT_SECRET_ACCEPTED"] as const;

/** Undefined if there is nothing to verify users' tokens with. */
export function resolveUsers(sources: UsersSources): UsersConfig | undefined {
  const { definition, settings, findings } = sources;
  const claims = claimsOf(definition);
  const named = namedKeys(definition);
  if (named && !("secret" in named.keys)) {
    for (const path of NAMES) {
      const secret = settings.common(path);
      if (secret === undefined) continue;
      const message = `is set and not read: users' tokens are verified with ${named.source}`;
      findings.warnings.push({ source: "environment", path, message });
      checkOwn({ source: "environment", path, secret }, sources);
    }
    return { ...named, claims };
  }
  const keys = secretsOf(settings, findings);
  if (keys) {
    checkSecrets(keys, { source: "environment", paths: NAMES }, sources);
    return { keys, source: NAMES[0], claims };
  }
  if (!named) return undefined;
  const paths = [`${named.source}.secret`, `${named.source}.acceptedSecrets`] as const;
  checkSecrets(named.keys as Secrets, { source: "system", paths }, sources);
  return { ...named, claims };
}

/** What the environment says. */
function secretsOf(settings: Settings, findings: Findings): Secrets | undefined {
  for (const name of NAMES) checkEmptySecret(name, settings, findings);
  const [secret, accepted] = NAMES.map((name) => settings.common(name));
  if (secret !== undefined) return { secret, ...(accepted !== undefined && { acceptedSecrets: [accepted] }) };
  if (accepted !== undefined) {
    findings.problems.push({ source: "environment", path: NAMES[1], message: "needs JWT_SECRET beside it" });
  }
  return undefined;
}

function checkSecrets(
  { secret, acceptedSecrets = [] }: Secrets,
  { source, paths: [first, further] }: { readonly source: string; readonly paths: readonly [string, string] },
  sources: UsersSources,
): void {
  const all: NamedSecret[] = [
    { source, path: first, secret },
    ...acceptedSecrets.map((text) => ({ source, path: further, secret: text })),
  ];
  for (const one of all) {
    checkSecret(one, sources.findings);
    checkOwn(one, sources);
  }
}

/** A secret of users' tokens is none of services. */
function checkOwn({ path, secret }: NamedSecret, { serviceTokens, findings }: UsersSources): void {
  if (serviceTokens.kind !== "secret") return;
  if (![serviceTokens.secret, ...(serviceTokens.acceptedSecrets ?? [])].includes(secret)) return;
  const message = `must not be ${path}: whoever makes users' tokens could then make those of services`;
  findings.problems.push({ source: "environment", path: "SERVICE_TOKEN_SECRET", message });
}

/** The keys that the code names. Those of a gateway serve for the whole system, so that a user is the same behind it. */
function namedKeys(system: SystemDefinition): Pick<UsersConfig, "keys" | "source"> | undefined {
  const { identity } = system;
  if (identity) return identity.keys && { keys: identity.keys, source: "identity.keys" };
  const auth = authOf(system);
  const names = KEY_OPTIONS.filter((name) => auth[name] !== undefined);
  if (names.length === 0) return undefined;
  return { keys: Object.fromEntries(names.map((name) => [name, auth[name]])) as unknown as JwtKeys, source: "auth" };
}

const KEY_OPTIONS = [
  ...["secret", "acceptedSecrets", "publicKey", "algorithm", "jwksUrl", "algorithms", "keySet"],
  ...["freshMs", "cooldownMs"],
] as const;

function claimsOf(system: SystemDefinition): UsersConfig["claims"] {
  const { identity } = system;
  if (identity) {
    const { keys: _, ...claims } = identity;
    return { expiry: "required", ...claims };
  }
  const auth = authOf(system);
  const names = CLAIM_OPTIONS.filter((name) => auth[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, auth[name]]));
}

const CLAIM_OPTIONS = ["issuer", "audience", "expiry", "clockToleranceMs", "rolesClaim", "tenantClaim"] as const;

/** What one of the gateways says of users' tokens, for the whole system. */
function authOf(system: SystemDefinition): Readonly<Record<string, unknown>> {
  return Object.assign({}, ...gatewaysOf(system).map(({ auth }) => auth));
}
