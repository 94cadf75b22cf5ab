import type { SystemDefinition } from "parleyjs";
import { didYouMean, gatewaysOf, nearestWord } from "parleyjs/internal";
import type { ConfigurationProblem } from "./problem.ts";
import type { PolicyReading } from "./read-policy.ts";

/** Overrides for contracts, methods, events and queues that the system does not have: a policy that never applies is a mistake. */
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
  const gateways = gatewaysOf(definition).map(({ name }) => name);
  for (const name of policy.gateways?.keys() ?? []) {
    if (!gateways.includes(name)) report(`gateways.${name}`, "is no gateway of the system", name, gateways);
  }
  // A name that is near none may be of a part that is not written yet.
  const reportSlips = (path: string, what: string, written: Iterable<string>, known: readonly string[]): void => {
    for (const name of written) {
      const isSlip = !known.includes(name) && nearestWord(name, known) !== undefined;
      if (isSlip) report(`${path}.${name}`, what, name, known);
    }
  };
  const { perEvent, perQueue } = policy.events ?? {};
  const events = definition.services.flatMap(({ publishes, subscribes }) => [...publishes, ...subscribes]);
  const eventNames = [...new Set(events.map(({ name }) => name))];
  reportSlips(
    "events.perEvent",
    "is no event that a service publishes or subscribes to",
    perEvent?.keys() ?? [],
    eventNames,
  );
  const queueNames = definition.services.flatMap(({ queues }) => queues.map(({ name }) => name));
  reportSlips("events.perQueue", "is no queue of a service", perQueue?.keys() ?? [], queueNames);
  return problems;
}
