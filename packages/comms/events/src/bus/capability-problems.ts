import { keepsOrder, type TransportCapabilities, type TransportSummary } from "@parley/transport";
import type { ResolvedSubscription } from "../consume/subscription.ts";
import type { EventDefinition } from "../definition/define-event.ts";

interface Asked {
  readonly publishes: readonly EventDefinition[];
  readonly subscriptions: readonly ResolvedSubscription[];
  /** Names of requests that are answered. */
  readonly responds: readonly string[];
}

interface Need {
  readonly what: string;
  readonly fits: (capabilities: TransportCapabilities) => boolean;
}

/** What is asked and the transport cannot give, one sentence each, with those of `alternatives` that can. */
export function capabilityProblems(
  { name, capabilities }: TransportSummary,
  alternatives: readonly TransportSummary[],
  asked: Asked,
): readonly string[] {
  return needsOf(asked)
    .filter(({ fits }) => !fits(capabilities))
    .map(({ what, fits }) => {
      const others = alternatives.filter((other) => fits(other.capabilities)).map((other) => other.name);
      const remedy = others.length > 0 ? `use ${others.join(" or ")}` : "ask for less, or list a transport that can";
      return `the transport ${name} cannot give ${what}: ${remedy}`;
    });
}

function needsOf({ publishes, subscriptions, responds }: Asked): readonly Need[] {
  const events = new Set([...publishes, ...subscriptions.map(({ event }) => event)]);
  return [
    ...[...events].flatMap(eventNeeds),
    ...subscriptions.flatMap(subscriptionNeeds),
    ...responds.map((name) => ({
      what: `request and reply, which ${name} needs`,
      fits: ({ requestReply }: TransportCapabilities) => requestReply,
    })),
  ];
}

function eventNeeds({ name, ordering, maxBytes, asked }: EventDefinition): readonly Need[] {
  return [
    { what: `${name} its ordering "${ordering}"`, fits: (can) => keepsOrder(can.ordering, ordering) },
    { what: `${name} data of ${maxBytes} bytes`, fits: ({ maxDataBytes }) => maxDataBytes >= maxBytes },
    ...(asked?.retention !== undefined && asked.retention !== "0s"
      ? [
          {
            what: `${name} its retention of ${asked.retention}`,
            fits: ({ retention }: TransportCapabilities) => retention,
          },
        ]
      : []),
  ];
}

function subscriptionNeeds({ event, group, from, ordering }: ResolvedSubscription): readonly Need[] {
  const whose = `the group ${group} of ${event.name}`;
  return [
    ...(ordering === event.ordering
      ? []
      : [
          {
            what: `${whose} its ordering "${ordering}"`,
            fits: (can: TransportCapabilities) => keepsOrder(can.ordering, ordering),
          },
        ]),
    ...(typeof from === "object"
      ? [{ what: `${whose} a begin in the past`, fits: ({ replay }: TransportCapabilities) => replay }]
      : []),
  ];
}
