import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { ServiceDefinition } from "parleyjs";
import { partsOf, type SystemDefinition } from "parleyjs";
import { addressVariable, databaseVariable, POLICY_SPEC, type PolicyFile } from "parleyjs/internal";
import { createCallPolicies } from "./call-policies.ts";
import { resolveTimeouts } from "./call-timeouts.ts";
import { createEventPolicies } from "./event-policies.ts";
import type { ConfigFlags } from "./flags.ts";
import { checkPolicyNames } from "./policy-names.ts";
import { type ConfigurationProblem, configurationError } from "./problem.ts";
import { readSettings, type Settings } from "./read-environment.ts";
import { type PolicyReading, readPolicy } from "./read-policy.ts";
import { resolveEvents } from "./resolve-events.ts";
import { resolveGateways } from "./resolve-gateways.ts";
import { resolveServiceTokens } from "./resolve-service-tokens.ts";
import { resolveGatewayTls, resolveTls } from "./resolve-tls.ts";
import { resolveUsers } from "./resolve-users.ts";
import type { DatabaseConfig, ResolvedConfig } from "./resolved-config.ts";

export interface ConfigSources {
  /** Default the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
  readonly flags?: ConfigFlags;
  /**
   * The parts that run with this configuration: what no part of these needs may be missing. Default all parts of the
   * system; none for a command that only looks at the configuration.
   */
  readonly parts?: readonly string[];
  /** The services whose databases are opened. Default those among `parts`. */
  readonly databasesOf?: readonly string[];
}

/** A system and the folder it was read from. */
export interface SystemInFolder {
  readonly definition: SystemDefinition;
  readonly directory: string;
}

/**
 * Puts the configuration together: the policy file, over it the environment, over it the flags.
 * @throws ParleyError FAILED_PRECONDITION that lists every mistake in all three at once; each is also in its details.
 */
export async function resolveConfig(system: SystemInFolder, sources: ConfigSources = {}): Promise<ResolvedConfig> {
  const { definition, directory } = system;
  const { env = process.env, flags = {}, parts = partsOf(definition).map(({ name }) => name) } = sources;
  const { databasesOf = parts } = sources;
  const problems: ConfigurationProblem[] = [];
  const settings = readSettings(definition, env, flags);
  const reading = await readPolicyFile(system);
  problems.push(...reading.problems, ...checkPolicyNames(definition, reading), ...settings.problems);
  const { policy } = reading;
  const { timeouts, limits, logging, loadBalancing } = POLICY_SPEC.fields;
  const { common } = settings;

  const mode = common("NODE_ENV") === "production" ? "production" : "development";
  const said = { callMs: common("CALL_TIMEOUT"), gatewayMs: common("GATEWAY_TIMEOUT") };
  const ofCalls = resolveTimeouts({ policy, ...said });
  const balancing = common("LOAD_BALANCING") ?? policy.loadBalancing ?? loadBalancing.default;
  const dataDir = resolve(directory, common("PARLEY_DATA_DIR") ?? `.parley/${definition.name}`);
  const warnings: ConfigurationProblem[] = [];
  const findings = { mode, parts, problems, warnings } as const;
  const serviceTokens = resolveServiceTokens({ settings, reading, dataDir, findings });
  const tlsSources = { system, settings, reading, problems };
  const limitsOfSystem: ResolvedConfig["limits"] = {
    messageBytes: common("MAX_MESSAGE_SIZE") ?? policy.limits?.message ?? limits.fields.message.default,
    bodyBytes: common("MAX_BODY_SIZE") ?? policy.limits?.body ?? limits.fields.body.default,
    databaseConnections:
      common("MAX_DATABASE_CONNECTIONS") ??
      policy.limits?.databaseConnections ??
      limits.fields.databaseConnections.default,
    unfinishedBodyBytes: policy.limits?.unfinishedBodies ?? limits.fields.unfinishedBodies.default,
    connections: policy.limits?.connections ?? limits.fields.connections.default,
    connectionsPerAddress: policy.limits?.connectionsPerAddress ?? limits.fields.connectionsPerAddress.default,
  };
  const gatewayTls = resolveGatewayTls(tlsSources);
  const gateways = resolveGateways({ ...tlsSources, ...said, shared: { limits: limitsOfSystem, tls: gatewayTls } });
  const config: ResolvedConfig = {
    mode,
    host: common("HOST") ?? (mode === "production" ? "0.0.0.0" : "127.0.0.1"),
    ports: new Map(partsOf(definition).map(({ name, port }) => [name, settings.port(name) ?? port])),
    targets: resolveTargets(definition, settings),
    databases: resolveDatabases(
      definition.services.filter(({ name }) => databasesOf.includes(name)),
      { settings, mode, problems },
    ),
    events: resolveEvents({ definition, parts, settings, mode, problems }),
    eventPolicies: createEventPolicies(policy.events),
    dataDir,
    migrations: flags.migrate === true || mode === "development" ? "at-start" : "by-hand",
    metricsPort: common("METRICS_PORT"),
    timeouts: {
      ...ofCalls,
      databaseMs: common("DATABASE_TIMEOUT") ?? policy.timeouts?.database ?? timeouts.fields.database.default,
      dialMs: common("DIAL_TIMEOUT") ?? policy.timeouts?.dial ?? timeouts.fields.dial.default,
      drainMs: common("DRAIN_TIMEOUT") ?? policy.timeouts?.drain ?? timeouts.fields.drain.default,
    },
    limits: limitsOfSystem,
    servicePolicies: createCallPolicies(policy, ofCalls.ofService),
    gatewayPolicies: createCallPolicies(policy, ofCalls.ofGateway),
    loadBalancingOf: (name) => balancingOf(definition, policy, name) ?? balancing,
    tls: resolveTls(tlsSources),
    gatewayTls,
    gatewayOf(name) {
      const found = gateways.get(name);
      if (!found) throw new TypeError(`the system has no gateway ${JSON.stringify(name)}`);
      return found;
    },
    logging: {
      level: common("LOG_LEVEL") ?? policy.logging?.level ?? logging.fields.level.default,
      format: common("LOG_FORMAT") ?? policy.logging?.format,
    },
    users: resolveUsers({ definition, settings, serviceTokens, findings }),
    serviceTokens,
    warnings,
  };
  if (problems.length > 0) throw configurationError(problems);
  return config;
}

/** Where the policy file of a system lies, if it names one. */
export function policyPath({ definition, directory }: SystemInFolder): string | undefined {
  return definition.policy === undefined ? undefined : resolve(directory, definition.policy);
}

async function readPolicyFile(system: SystemInFolder): Promise<PolicyReading> {
  const path = policyPath(system);
  const name = system.definition.policy ?? "policy";
  if (path === undefined) return { policy: {}, problems: [], locate: () => name };
  try {
    return await readPolicy(await readFile(path, "utf8"), name);
  } catch (error) {
    const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { policy: {}, problems: [{ source: name, path: "file", message }], locate: () => name };
  }
}

function resolveTargets(definition: SystemDefinition, settings: Settings): ReadonlyMap<string, string> {
  const named = definition.services.map((service) => [service.name, settings.own(addressVariable(service))] as const);
  return new Map(named.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

interface DatabaseSources {
  readonly settings: Settings;
  readonly mode: "development" | "production";
  /** Takes what is wrong. */
  readonly problems: ConfigurationProblem[];
}

function resolveDatabases(
  services: readonly ServiceDefinition[],
  { settings, mode, problems }: DatabaseSources,
): ReadonlyMap<string, DatabaseConfig> {
  const server = settings.common("DATABASE_URL");
  const embedded = settings.common("PARLEY_DATABASE") === "embedded";
  const databases = new Map<string, DatabaseConfig>();
  for (const { name, database } of services) {
    if (!database) continue;
    const variable = databaseVariable(database.name);
    const own = settings.own(variable);
    const text = own ?? server;
    const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
    if (embedded || (text === undefined && mode === "development")) {
      databases.set(name, { kind: "embedded", schema: database.name });
    } else if (text === undefined) {
      const message = `must be set in production, or DATABASE_URL for all services; PARLEY_DATABASE=embedded stores in the data folder on purpose`;
      problems.push({ source: "environment", path: variable, message });
    } else if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol)) {
      const path = own === undefined ? "DATABASE_URL" : variable;
      const message = "must be an address such as postgres://user:password@host:5432/name";
      if (!problems.some((problem) => problem.path === path)) problems.push({ source: "environment", path, message });
    } else {
      if (own === undefined) url.pathname = `/${database.name}`;
      databases.set(name, { kind: "server", url: url.href });
    }
  }
  return databases;
}

/** What the file says for any of the contracts that a service implements; the first that says something counts. */
function balancingOf(definition: SystemDefinition, policy: PolicyFile, name: string) {
  const service = definition.services.find((candidate) => candidate.name === name);
  return service?.implements
    .map(({ typeName }) => policy.services?.get(typeName)?.loadBalancing)
    .find((choice) => choice !== undefined);
}
