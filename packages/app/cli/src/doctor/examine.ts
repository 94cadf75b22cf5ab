import { isParleyError } from "@parley/core";
import { type LoadedSystem, loadSystem, policyPath, resolveConfig, suspiciousVariables } from "@parley/runtime";
import {
  type EnvironmentVariable,
  environmentVariables,
  type PartDefinition,
  partsOf,
  type SystemDefinition,
} from "parleyjs";
import { contractsOf, partNamed, providerOf } from "parleyjs/internal";
import { checkAddresses } from "./check-addresses.ts";
import { checkContracts } from "./check-contracts.ts";
import { checkDatabases } from "./check-databases.ts";
import { checkEvents } from "./check-events.ts";
import { checkNode } from "./check-node.ts";
import { checkPorts } from "./check-ports.ts";
import { checkServiceTokens } from "./check-service-tokens.ts";
import { checkTimeouts } from "./check-timeouts.ts";
import { checkUsers } from "./check-users.ts";
import { type Diagnosis, ok, problem, reasonOf, warning } from "./diagnosis.ts";

export interface Examination {
  readonly diagnoses: readonly Diagnosis[];
  /** Every variable that the system reads; empty if it could not be loaded. */
  readonly variables: readonly EnvironmentVariable[];
}

export interface ExaminationOptions {
  readonly env: NodeJS.ProcessEnv;
  /** The part that is to start; what it does not need is left out. Default all parts of the system. */
  readonly part?: string | undefined;
}

/** Looks at everything that could stop a system from starting. Changes nothing, and goes on as far as it can. */
export async function examine(dir: string, { env, part }: ExaminationOptions): Promise<Examination> {
  const basics = [checkNode(process.versions.node), await checkContracts(dir)];
  let system: LoadedSystem;
  try {
    system = await loadSystem(dir);
  } catch (error) {
    const remedy = "Correct it, or name the folder of a system with --system.";
    return { diagnoses: [...basics, problem("system", reasonOf(error), remedy)], variables: [] };
  }
  const diagnoses = [...basics, ok("system", `${system.definition.name}, from ${system.entry}`)];
  const parts = part === undefined ? partsOf(system.definition) : [partNamed(system.definition, part)];
  diagnoses.push(...checkVariables(system, env), ...(await checkConfiguration(system, parts, env)));
  return { diagnoses, variables: environmentVariables(system.definition) };
}

async function checkConfiguration(
  system: LoadedSystem,
  parts: readonly PartDefinition[],
  env: NodeJS.ProcessEnv,
): Promise<readonly Diagnosis[]> {
  const { definition } = system;
  try {
    const config = await resolveConfig(system, { env, parts: parts.map(({ name }) => name) });
    const [ports, databases, events, addresses, users] = await Promise.all([
      checkPorts(config, parts),
      checkDatabases(config),
      checkEvents(system.definition, parts, config),
      checkAddresses(config, calledBy(parts, definition)),
      checkUsers(definition, parts, config),
    ]);
    const file = policyPath(system) ?? "no policy file, so every policy has its default";
    const timeouts = parts.flatMap((part) => (part.kind === "gateway" ? checkTimeouts(config, part) : []));
    return [
      ok("configuration", file),
      ...ports,
      ...databases,
      ...events,
      ...addresses,
      ...users,
      ...checkServiceTokens(config),
      ...timeouts,
    ];
  } catch (error) {
    const violations = isParleyError(error) ? (error.detail("bad_request")?.violations ?? []) : [];
    if (violations.length === 0) throw error;
    return violations.map(({ field, description, reason }) =>
      problem("configuration", `${reason ?? ""} ${field} ${description}`.trim(), "Correct the value."),
    );
  }
}

/** The services that these parts call. */
function calledBy(parts: readonly PartDefinition[], definition: SystemDefinition): ReadonlySet<string> {
  const contracts = parts.flatMap((part) => (part.kind === "service" ? [...part.calls.values()] : contractsOf(part)));
  return new Set(contracts.flatMap((contract) => providerOf(definition, contract)?.name ?? []));
}

function checkVariables({ definition }: LoadedSystem, env: NodeJS.ProcessEnv): readonly Diagnosis[] {
  return suspiciousVariables(definition, env).map(({ name, suggestion }) =>
    warning(
      "environment",
      `${name} is set, and nothing reads it`,
      suggestion === undefined ? "Remove it, or correct the name." : `Did you mean ${suggestion}?`,
    ),
  );
}
