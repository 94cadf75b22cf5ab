import { partsOf, type SystemDefinition } from "parleyjs";
import { didYouMean, eventsDatabaseName, usesTransport } from "parleyjs/internal";
import type { ConfigurationProblem } from "./problem.ts";
import type { Settings } from "./read-environment.ts";
import { transportOfScheme, transportsOf } from "./system-transports.ts";

/** Where the events of a system go. */
export type EventsPlace =
  /** Into a log in the embedded database of this process. */
  | { readonly kind: "embedded" }
  /** To a broker, over the transport of that name. The address may hold a password. */
  | { readonly kind: "broker"; readonly transport: string; readonly url: string }
  /** To a process of this machine that lends its transport: the parent of those of `parley dev --processes`. */
  | { readonly kind: "lent"; readonly url: string }
  /** Nowhere that is known: a part with events cannot start. */
  | { readonly kind: "none" };

/** Given by a parent to its children, and by nobody else. */
const LENT_SCHEME = "parley";

export const NO_EVENTS_URL =
  "must be set in production, or DATABASE_URL, whose server then keeps the events; PARLEY_DATABASE=embedded keeps them in the data folder on purpose";

/** Whether any part of a system sends or receives over the transport of events. */
export function hasEvents(definition: SystemDefinition): boolean {
  return partsOf(definition).some(usesTransport);
}

/** Where events go, for people: never with a password. */
export function describeEventsPlace(place: EventsPlace): string {
  switch (place.kind) {
    case "embedded":
      return "embedded";
    case "lent":
    case "broker":
      return addressesOf(place.url).join(",");
    case "none":
      return "nowhere";
  }
}

/** `host:port/path` of each server in the address of a broker, without names and passwords. */
export function addressesOf(url: string): readonly string[] {
  const [scheme = "", rest = ""] = url.split("://", 2);
  const [servers = ""] = rest.split("?", 1);
  const hosts = servers.split(",").map((server) => server.slice(server.lastIndexOf("@") + 1));
  return hosts.map((host, index) => (index === 0 ? `${scheme}://${host}` : host));
}

export interface EventsSources {
  readonly definition: SystemDefinition;
  /** The parts that run with the configuration. */
  readonly parts: readonly string[];
  readonly settings: Settings;
  readonly mode: "development" | "production";
  /** Takes what is wrong. */
  readonly problems: ConfigurationProblem[];
}

export function resolveEvents({ definition, parts, settings, mode, problems }: EventsSources): EventsPlace {
  const report = (message: string): EventsPlace => {
    if (parts.length > 0) problems.push({ source: "environment", path: "EVENTS_URL", message });
    return { kind: "none" };
  };
  const needing = partsOf(definition).filter(({ name }) => parts.includes(name));
  const url = settings.common("EVENTS_URL");
  if (url !== undefined) {
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase() ?? "";
    if (scheme === LENT_SCHEME) return { kind: "lent", url };
    const transport = transportOfScheme(definition, scheme);
    if (transport) return { kind: "broker", transport: transport.name, url };
    return report(unknownScheme(definition, scheme));
  }
  if (settings.common("PARLEY_DATABASE") === "embedded") return { kind: "embedded" };
  const server = settings.common("DATABASE_URL");
  if (server !== undefined && URL.canParse(server)) {
    const address = new URL(server);
    address.pathname = `/${eventsDatabaseName(definition.name)}`;
    return { kind: "broker", transport: "postgres", url: address.href };
  }
  if (mode === "development" && server === undefined) return { kind: "embedded" };
  if (server !== undefined || !needing.some(usesTransport)) return { kind: "none" };
  return report(NO_EVENTS_URL);
}

/** Never repeats the address itself: it may hold a password. */
function unknownScheme(definition: SystemDefinition, scheme: string): string {
  const known = transportsOf(definition).flatMap(({ schemes }) => Object.keys(schemes));
  const got = `got the scheme ${JSON.stringify(scheme)}${didYouMean(scheme, known)}; known are ${known.join(", ")}`;
  return `must be an address such as nats://localhost:4222, ${got}; for another broker install its adapter (Parley's own are @parley/transport-<broker>) and list it: defineSystem({ transports: [nats()] })`;
}
