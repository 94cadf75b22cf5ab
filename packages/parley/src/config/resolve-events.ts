import { eventsDatabaseName } from "../define/names.ts";
import type { SystemDefinition } from "../define/system-definition.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { ConfigurationProblem } from "./problem.ts";
import type { Settings } from "./read-environment.ts";

/** Brokers that Parley speaks to. */
export type TransportName = "postgres" | "nats" | "rabbitmq" | "redis" | "kafka";

/** Where the events of a system go. */
export type EventsPlace =
  /** Into a log in the embedded database of this process. */
  | { readonly kind: "embedded" }
  /** To a broker. The address may hold a password. */
  | { readonly kind: "broker"; readonly transport: TransportName; readonly url: string }
  /** Nowhere that is known: a part with events cannot start. */
  | { readonly kind: "none" };

const TRANSPORT_OF_SCHEME: Readonly<Record<string, TransportName>> = {
  postgres: "postgres",
  postgresql: "postgres",
  nats: "nats",
  amqp: "rabbitmq",
  amqps: "rabbitmq",
  redis: "redis",
  rediss: "redis",
  kafka: "kafka",
};

export const NO_EVENTS_URL =
  "must be set in production, or DATABASE_URL, whose server then keeps the events; PARLEY_DATABASE=embedded keeps them in the data folder on purpose";

/** Whether the definitions already show that events are sent or shown: a subscription is known only once `setup` ran. */
export function showsEvents({ services, gateway }: SystemDefinition): boolean {
  return services.some(({ publishes }) => publishes.length > 0) || gateway?.realtime !== undefined;
}

export interface EventsSources {
  readonly definition: SystemDefinition;
  readonly settings: Settings;
  readonly mode: "development" | "production";
  /** Takes what is wrong. */
  readonly problems: ConfigurationProblem[];
}

export function resolveEvents({ definition, settings, mode, problems }: EventsSources): EventsPlace {
  const report = (message: string): EventsPlace => {
    problems.push({ source: "environment", path: "EVENTS_URL", message });
    return { kind: "none" };
  };
  const url = settings.common("EVENTS_URL");
  if (url !== undefined) {
    const scheme = /^([a-z][a-z0-9+]*):\/\//i.exec(url)?.[1]?.toLowerCase() ?? "";
    const transport = Object.hasOwn(TRANSPORT_OF_SCHEME, scheme) ? TRANSPORT_OF_SCHEME[scheme] : undefined;
    if (transport) return { kind: "broker", transport, url };
    const known = Object.keys(TRANSPORT_OF_SCHEME);
    // Never the address itself: it may hold a password.
    return report(
      `must be an address such as nats://localhost:4222, got the scheme ${JSON.stringify(scheme)}${didYouMean(scheme, known)}; known are ${known.join(", ")}`,
    );
  }
  if (settings.common("PARLEY_DATABASE") === "embedded") return { kind: "embedded" };
  const server = settings.common("DATABASE_URL");
  if (server !== undefined && URL.canParse(server)) {
    const address = new URL(server);
    address.pathname = `/${eventsDatabaseName(definition.name)}`;
    return { kind: "broker", transport: "postgres", url: address.href };
  }
  if (mode === "development" && server === undefined) return { kind: "embedded" };
  if (server !== undefined || !showsEvents(definition)) return { kind: "none" };
  return report(NO_EVENTS_URL);
}
