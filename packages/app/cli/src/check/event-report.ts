import type { SystemDefinition } from "parleyjs";
import { type EventFinding, type EventFlow, eventFindings, eventFlowsOf } from "parleyjs/internal";

/** What `parley check` says of the events of a system. */
export interface EventReport {
  readonly flows: readonly EventFlow[];
  readonly findings: readonly EventFinding[];
}

export function reportEvents(definition: SystemDefinition): EventReport {
  const flows = eventFlowsOf(definition);
  return { flows, findings: eventFindings(flows) };
}

const HEADINGS = { event: "events", queue: "queues", request: "requests" } as const;

/** The findings, then who sends what to whom, a line each. */
export function describeEvents({ flows, findings }: EventReport): readonly string[] {
  const width = Math.max(0, ...flows.map(({ name }) => name.length));
  const byKind = Map.groupBy(flows, ({ kind }) => kind);
  return [
    ...findings.flatMap(({ rule, message, remedy }) => [`${message} [${rule}]`, `    ${remedy}`]),
    ...[...byKind].flatMap(([kind, own]) => [
      `${HEADINGS[kind]}:`,
      ...own.map((flow) => `  ${flow.name.padEnd(width)}  ${senders(flow)} -> ${receivers(flow)}`),
    ]),
  ];
}

function senders({ from, external }: EventFlow): string {
  return [...from, ...(external.includes("produced") ? ["another system"] : [])].join(", ") || "nothing";
}

function receivers({ to, live, external }: EventFlow): string {
  const parts = to.map((part) => (live.includes(part) ? `${part} (live)` : part));
  return [...parts, ...(external.includes("consumed") ? ["another system"] : [])].join(", ") || "nothing";
}
