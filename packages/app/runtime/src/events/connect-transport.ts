import { isParleyError, ParleyError } from "@parley/core";
import {
  type ConnectionState,
  type ConnectTransport,
  type EventTransport,
  KNOWN_TRANSPORTS,
  type TransportOptions,
} from "@parley/transport";
import { NO_EVENTS_URL, type TransportName } from "../config/resolve-events.ts";
import type { ResolvedConfig } from "../config/resolved-config.ts";
import type { PartEnvironment } from "../run/part-environment.ts";

/** How each broker's adapter is reached; only the one that is used is loaded. */
const ADAPTERS: Readonly<Record<TransportName, () => Promise<{ readonly connect: ConnectTransport }>>> = {
  postgres: () => import("@parley/postgres/transport"),
  nats: () => import("@parley/transport-nats"),
  rabbitmq: () => import("@parley/transport-rabbitmq"),
  redis: () => import("@parley/transport-redis"),
  kafka: () => import("@parley/transport-kafka"),
};

/** What the transport will be able to do, before there is a connection to ask. */
export function assumedTransport({ events }: ResolvedConfig): Pick<EventTransport, "name" | "capabilities"> {
  const name = events.kind === "broker" ? events.transport : "postgres";
  const known = KNOWN_TRANSPORTS[name];
  if (!known) throw new TypeError(`the capabilities of ${name} are not known`);
  return { name, capabilities: { ...known, durable: true, priorities: 1 } };
}

/** Whether trying again later may help: the broker cannot be reached, or does not say a word. */
export function isAway(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (isParleyError(at) && (at.code === "UNAVAILABLE" || at.code === "DEADLINE_EXCEEDED")) return true;
  }
  return false;
}

/**
 * Connects a part to where the configuration says that events go.
 * @throws ParleyError FAILED_PRECONDITION where it says nothing; else as the adapter does, with the part's name.
 */
export async function connectTransport(
  part: string,
  environment: Pick<PartEnvironment, "config" | "databases" | "telemetry" | "clock">,
  options: Pick<TransportOptions, "topics" | "logger" | "onConnection">,
): Promise<EventTransport> {
  const { telemetry, config } = environment;
  const labels = { part, transport: assumedTransport(config).name };
  const onConnection = (state: ConnectionState): void => {
    telemetry.metrics.connections.transport(labels, state);
    options.onConnection?.(state);
  };
  try {
    const transport = await openTransport(part, environment, { ...options, onConnection });
    onConnection("connected");
    return transport;
  } catch (error) {
    onConnection("away");
    const reason = error instanceof Error ? error.message : String(error);
    const message = `${part} cannot reach the transport of its events: ${reason}`;
    throw new ParleyError("FAILED_PRECONDITION", message, { cause: error });
  }
}

async function openTransport(
  part: string,
  { config, databases, clock }: Pick<PartEnvironment, "config" | "databases" | "clock">,
  options: Pick<TransportOptions, "topics" | "logger" | "onConnection">,
): Promise<EventTransport> {
  const place = config.events;
  const common = { ...options, clientName: part, clock };
  switch (place.kind) {
    case "none":
      throw new ParleyError("FAILED_PRECONDITION", `EVENTS_URL ${NO_EVENTS_URL}`);
    case "embedded": {
      const { createPostgresTransport } = await import("@parley/postgres/transport");
      return await createPostgresTransport({ ...common, database: await databases.openEventLog() });
    }
    case "lent": {
      const { connectLent } = await import("./lent/connect-lent.ts");
      return await connectLent({ ...common, url: place.url });
    }
    case "broker": {
      if (place.transport === "postgres" && config.mode === "development") {
        const { createDatabaseIfMissing } = await import("@parley/postgres");
        await createDatabaseIfMissing(place.url);
      }
      const { connect } = await ADAPTERS[place.transport]();
      return await connect({ ...common, url: place.url });
    }
  }
}
