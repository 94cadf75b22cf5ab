import { isParleyError } from "@parley/core";
import { type EnvironmentVariable, environmentVariables } from "../../config/environment.ts";
import { policyPath, resolveConfig } from "../../config/resolve-config.ts";
import { suspiciousVariables } from "../../config/suspicious-variables.ts";
import { type LoadedSystem, loadSystem } from "../../runtime/load-system.ts";
import { checkAddresses } from "./check-addresses.ts";
import { checkContracts } from "./check-contracts.ts";
import { checkDatabases } from "./check-databases.ts";
import { checkEvents } from "./check-events.ts";
import { checkNode } from "./check-node.ts";
import { checkPorts } from "./check-ports.ts";
import { checkServiceTokens } from "./check-service-tokens.ts";
import { type Diagnosis, ok, problem, reasonOf, warning } from "./diagnosis.ts";

export interface Examination {
  readonly diagnoses: readonly Diagnosis[];
  /** Every variable that the system reads; empty if it could not be loaded. */
  readonly variables: readonly EnvironmentVariable[];
}

/** Looks at everything that could stop a system from starting. Changes nothing, and goes on as far as it can. */
export async function examine(dir: string, env: NodeJS.ProcessEnv): Promise<Examination> {
  const basics = [checkNode(process.versions.node), await checkContracts(dir)];
  let system: LoadedSystem;
  try {
    system = await loadSystem(dir);
  } catch (error) {
    const remedy = "Correct it, or name the folder of a system with --system.";
    return { diagnoses: [...basics, problem("system", reasonOf(error), remedy)], variables: [] };
  }
  const diagnoses = [...basics, ok("system", `${system.definition.name}, from ${system.entry}`)];
  diagnoses.push(...checkVariables(system, env), ...(await checkConfiguration(system, env)));
  return { diagnoses, variables: environmentVariables(system.definition) };
}

async function checkConfiguration(system: LoadedSystem, env: NodeJS.ProcessEnv): Promise<readonly Diagnosis[]> {
  try {
    const config = await resolveConfig(system, { env });
    const [ports, databases, events, addresses] = await Promise.all([
      checkPorts(config),
      checkDatabases(config),
      checkEvents(system.definition, config),
      checkAddresses(config),
    ]);
    const file = policyPath(system) ?? "no policy file, so every policy has its default";
    return [ok("configuration", file), ...ports, ...databases, ...events, ...addresses, ...checkServiceTokens(config)];
  } catch (error) {
    const violations = isParleyError(error) ? (error.detail("bad_request")?.violations ?? []) : [];
    if (violations.length === 0) throw error;
    return violations.map(({ field, description, reason }) =>
      problem("configuration", `${reason ?? ""} ${field} ${description}`.trim(), "Correct the value."),
    );
  }
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
