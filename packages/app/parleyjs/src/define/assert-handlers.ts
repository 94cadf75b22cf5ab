import { failedPrecondition } from "@parley/core";
import type { BuiltHandlers, ServiceDefinition } from "./service.ts";

interface Named {
  readonly kind: string;
  readonly name: string;
}

/**
 * Holds what `setup` returned against the lists of the definition: each event, queue and request that a service says it handles
 * has a handler, and each handler is for one of them.
 * @throws ParleyError FAILED_PRECONDITION, a sentence for each that does not fit.
 */
export function assertHandlersMatch(
  { subscribes, queues, responds }: Pick<ServiceDefinition, "subscribes" | "queues" | "responds">,
  { events, jobs, responders }: Omit<BuiltHandlers, "methods">,
): void {
  const problems = [
    ...problemsOf(
      { list: "subscribes", listed: subscribes, add: "on" },
      events.map(({ event }) => event),
    ),
    ...problemsOf(
      { list: "queues", listed: queues, add: "work" },
      jobs.map(({ queue }) => queue),
    ),
    ...problemsOf(
      { list: "responds", listed: responds, add: "respond" },
      responders.map(({ request }) => request),
    ),
  ];
  if (problems.length > 0) throw failedPrecondition(problems.join("; "));
}

function* problemsOf(
  { list, listed, add }: { readonly list: string; readonly listed: readonly Named[]; readonly add: string },
  handled: readonly Named[],
): Iterable<string> {
  const names = new Set(listed.map(({ name }) => name));
  const handledNames = new Set(handled.map(({ name }) => name));
  for (const { kind, name } of listed) {
    if (!handledNames.has(name)) {
      yield `setup returns no handler for the ${kind} "${name}", which ${list} names: return ${add}(…) for it, or take it out of ${list}`;
    }
  }
  for (const { kind, name } of handled) {
    if (!names.has(name))
      yield `setup returns a handler for the ${kind} "${name}", which ${list} does not name: add it there`;
  }
}
