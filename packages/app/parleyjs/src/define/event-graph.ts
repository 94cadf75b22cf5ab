import type { EventDefinition } from "@parley/events";
import { partsOf, type SystemDefinition } from "./system-definition.ts";

/** Who sends and who receives one event, request or queue of jobs, by the names of parts. */
export interface EventFlow {
  readonly kind: "event" | "request" | "queue";
  readonly name: string;
  /** Parts that publish, ask or enqueue. */
  readonly from: readonly string[];
  /** Parts that handle, answer or work. */
  readonly to: readonly string[];
  /** Of these the gateways that show an event to clients. */
  readonly live: readonly string[];
  /** The sides of an event that are in another system, as its definitions say. */
  readonly external: readonly ("produced" | "consumed")[];
}

/** An event that goes nowhere, or comes from nowhere. */
export interface EventFinding {
  readonly rule: "EVENT_NOT_HANDLED" | "EVENT_NOT_PUBLISHED";
  readonly event: string;
  readonly message: string;
  readonly remedy: string;
}

type Side = "from" | "to" | "live" | "external";

/** Every event, request and queue of a system, read from its definitions alone: no `setup` runs. By kind, then by name. */
export function eventFlowsOf(system: SystemDefinition): readonly EventFlow[] {
  const flows = new Map<string, Record<Side, Set<string>> & Pick<EventFlow, "kind" | "name">>();
  const note = ({ kind, name }: Pick<EventFlow, "kind" | "name">, side: Side, value: string): void => {
    const key = `${kind} ${name}`;
    const empty = { kind, name, from: new Set<string>(), to: new Set<string>(), live: new Set<string>() };
    const flow = flows.get(key) ?? { ...empty, external: new Set<string>() };
    flow[side].add(value);
    flows.set(key, flow);
  };
  const noteEvent = (event: EventDefinition, side: Side, part: string): void => {
    note(event, side, part);
    if (event.external) note(event, "external", event.external);
  };
  for (const part of partsOf(system)) {
    if (part.kind === "gateway") {
      for (const { event } of part.realtime?.events ?? []) {
        noteEvent(event, "to", part.name);
        note(event, "live", part.name);
      }
      for (const { event } of part.realtime?.listeners ?? []) noteEvent(event, "to", part.name);
      continue;
    }
    for (const event of part.publishes) noteEvent(event, "from", part.name);
    for (const event of part.subscribes) noteEvent(event, "to", part.name);
    for (const request of part.requests) note(request, "from", part.name);
    for (const request of part.responds) note(request, "to", part.name);
    for (const queue of part.queues) {
      note(queue, "from", part.name);
      note(queue, "to", part.name);
    }
  }
  const sorted = [...flows.values()].sort((a, b) => compare(a.kind, b.kind) || compare(a.name, b.name));
  return sorted.map(({ kind, name, from, to, live, external }) => ({
    kind,
    name,
    from: [...from],
    to: [...to],
    live: [...live],
    external: [...external] as EventFlow["external"],
  }));
}

/** Events that no part publishes or handles, unless their definition says that another system does. */
export function eventFindings(flows: readonly EventFlow[]): readonly EventFinding[] {
  return flows.flatMap(({ kind, name, from, to, external }): EventFinding[] => {
    if (kind !== "event") return [];
    if (to.length === 0 && !external.includes("consumed")) {
      return [
        {
          rule: "EVENT_NOT_HANDLED",
          event: name,
          message: `the event "${name}" is published by ${from.join(" and ")}, and nothing handles it`,
          remedy: `List it in subscribes of a service, take it out of publishes, or mark it external: "consumed" if another system handles it.`,
        },
      ];
    }
    if (from.length === 0 && !external.includes("produced")) {
      return [
        {
          rule: "EVENT_NOT_PUBLISHED",
          event: name,
          message: `the event "${name}" is handled by ${to.join(" and ")}, and no service publishes it`,
          remedy: `List it in publishes of a service, take it out where it is handled, or mark it external: "produced" if another system publishes it.`,
        },
      ];
    }
    return [];
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
