import { isAbsolute, resolve } from "node:path";
import { POLICY_SPEC } from "parleyjs/internal";
import type { ConfigurationProblem } from "./problem.ts";
import type { Settings } from "./read-environment.ts";
import type { PolicyReading } from "./read-policy.ts";
import type { SystemInFolder } from "./resolve-config.ts";
import type { CertificateConfig, TlsConfig } from "./resolved-config.ts";

export interface TlsSources {
  readonly system: SystemInFolder;
  readonly settings: Settings;
  readonly reading: PolicyReading;
  /** Takes what is wrong. */
  readonly problems: ConfigurationProblem[];
}

/** TLS between the parts. */
export function resolveTls(sources: TlsSources): TlsConfig | undefined {
  const { settings, reading } = sources;
  const { tls } = reading.policy;
  const certPath = settings.common("TLS_CERT") ?? fromFile(sources, tls?.cert);
  const keyPath = settings.common("TLS_KEY") ?? fromFile(sources, tls?.key);
  const caPath = settings.common("TLS_CA") ?? fromFile(sources, tls?.ca);
  const clients = settings.common("TLS_CLIENTS") ?? tls?.clients ?? POLICY_SPEC.fields.tls.fields.clients.default;
  const report = reporterFor(sources, "tls");
  if (certPath === undefined && keyPath === undefined) {
    return caPath === undefined && clients === "anonymous"
      ? undefined
      : report("needs cert and key (TLS_CERT, TLS_KEY)");
  }
  if (certPath === undefined) return report("has a key but no cert (TLS_CERT)");
  if (keyPath === undefined) return report("has a cert but no key (TLS_KEY)");
  if (clients === "certified" && caPath === undefined) return report("needs ca (TLS_CA) to check certified clients");
  return { certPath, keyPath, caPath, clients, serverName: tls?.serverName };
}

/** HTTPS at one gateway, if the policy says something of it by its name. */
export function resolveOwnTls(sources: TlsSources, gateway: string): CertificateConfig | undefined {
  const own = sources.reading.policy.gateways?.get(gateway)?.tls;
  if (own === undefined) return undefined;
  const [certPath, keyPath] = [fromFile(sources, own.cert), fromFile(sources, own.key)];
  if (certPath !== undefined && keyPath !== undefined) return { certPath, keyPath };
  const path = `gateways.${gateway}.tls`;
  sources.problems.push({ source: sources.reading.locate(path), path, message: "needs both cert and key" });
  return undefined;
}

/** HTTPS at the gateways of which nothing of its own is said. */
export function resolveGatewayTls(sources: TlsSources): CertificateConfig | undefined {
  const { settings, reading } = sources;
  const { gateway } = reading.policy.tls ?? {};
  const certPath = settings.common("GATEWAY_TLS_CERT") ?? fromFile(sources, gateway?.cert);
  const keyPath = settings.common("GATEWAY_TLS_KEY") ?? fromFile(sources, gateway?.key);
  const report = reporterFor(sources, "tls.gateway");
  if (certPath === undefined && keyPath === undefined) return undefined;
  if (certPath === undefined) return report("has a key but no cert (GATEWAY_TLS_CERT)");
  if (keyPath === undefined) return report("has a cert but no key (GATEWAY_TLS_KEY)");
  return { certPath, keyPath };
}

/** A path in the policy file counts from the file; one in the environment, from where the command runs. */
function fromFile({ system: { directory, definition } }: TlsSources, path: string | undefined): string | undefined {
  return path === undefined || isAbsolute(path) ? path : resolve(directory, definition.policy ?? "", "..", path);
}

function reporterFor({ reading, problems }: TlsSources, path: "tls" | "tls.gateway"): (message: string) => undefined {
  const { tls } = reading.policy;
  const written = path === "tls" ? tls : tls?.gateway;
  return (message) => {
    problems.push({ source: written ? reading.locate(path) : "environment", path, message });
  };
}
