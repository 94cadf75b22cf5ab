import type { EventTransport, TransportCapabilities } from "@parley/transport";
import { KNOWN_TRANSPORTS, keepsOrder } from "@parley/transport";
import type { ResolvedSubscription } from "../consume/subscription.ts";
import type { EventDefinition } from "../definition/define-event.ts";

type Capabilities = Omit<TransportCapabilities, "durable" | "priorities">;

interface Asked {
  readonly publishes: readonly EventDefinition[];
  readonly subscriptions: readonly ResolvedSubscription[];
  /** Names of requests that are answered. */
  readonly responds: readonly string[];
}

interface Need {
  readonly what: string;
  readonly fits: (capabilities: Capabilities) => boolean;
}

/** What is asked and the transport cannot give, one sentence each, with the transports that can. */
export function capabilityProblems({ name, capabilities }: EventTransport, asked: Asked): readonly string[] {
  return needsOf(asked)
    .filter(({ fits }) => !fits(capabilities))
    .map(({ what, fits }) => {
      const others = Object.entries(KNOWN_TRANSPORTS).flatMap(([other, can]) => (fits(can) ? [other] : []));
      const remedy = others.length > 0 ? `use ${others.join(" or ")}` : "no transport can: ask for less";
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
      fits: ({ requestReply }: Capabilities) => requestReply,
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
            fits: ({ retention }: Capabilities) => retention,
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
            fits: (can: Capabilities) => keepsOrder(can.ordering, ordering),
          },
        ]),
    ...(typeof from === "object"
      ? [{ what: `${whose} a begin in the past`, fits: ({ replay }: Capabilities) => replay }]
      : []),
  ];
}
