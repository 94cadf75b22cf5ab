import type { SystemDefinition } from "parleyjs";
import { didYouMean, nearestWord } from "parleyjs/internal";
import type { ConfigurationProblem } from "./problem.ts";
import type { PolicyReading } from "./read-policy.ts";

/** Overrides for contracts, methods and events that the system does not have: a policy that never applies is a mistake. */
export function checkPolicyNames(
  definition: SystemDefinition,
  { policy, locate }: Pick<PolicyReading, "policy" | "locate">,
): readonly ConfigurationProblem[] {
  const contracts = new Map(
    definition.services.flatMap((service) => service.implements.map((one) => [one.typeName, one])),
  );
  const problems: ConfigurationProblem[] = [];
  const report = (path: string, what: string, written: string, known: readonly string[]): void => {
    const message = `${what}${didYouMean(written, known)}; known here: ${known.join(", ")}`;
    problems.push({ source: locate(path), path, message });
  };
  for (const [name, settings] of policy.services ?? []) {
    const path = `services.${name}`;
    const contract = contracts.get(name);
    if (!contract) {
      report(path, "is no contract of the system", name, [...contracts.keys()]);
      continue;
    }
    const methods = contract.methods.map((method) => method.name);
    for (const method of settings?.methods?.keys() ?? []) {
      if (!methods.includes(method)) {
        report(`${path}.methods.${method}`, `is no method of ${name}`, method, methods);
      }
    }
  }
  const events = definition.services.flatMap(({ publishes }) => publishes.map(({ name }) => name));
  for (const name of policy.events?.perEvent?.keys() ?? []) {
    // A service may hear events of another system, which no definition here names.
    const near = nearestWord(name, events);
    if (!events.includes(name) && near !== undefined) {
      report(`events.perEvent.${name}`, "is no event that a service publishes", name, events);
    }
  }
  return problems;
}
