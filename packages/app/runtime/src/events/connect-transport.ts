import { isParleyError, ParleyError } from "@parley/core";
import type { ConnectionState, EventTransport, TransportAdapter, TransportOptions } from "@parley/transport";
import { NO_EVENTS_URL } from "../config/resolve-events.ts";
import { EVENT_LOG, transportsOf } from "../config/system-transports.ts";
import type { PartEnvironment } from "../part-environment.ts";

/** The transport that a part will have, before there is a connection to ask. */
export function declaredTransport({ system, config }: Pick<PartEnvironment, "system" | "config">): TransportAdapter {
  const { events } = config;
  if (events.kind !== "broker") return EVENT_LOG;
  const adapter = transportsOf(system).findLast(({ name }) => name === events.transport);
  if (!adapter) throw new TypeError(`the system ${system.name} lists no transport ${events.transport}`);
  return adapter;
}

/** Whether trying again later may help: the broker cannot be reached, or does not say a word. */
export function isUnavailable(error: unknown): boolean {
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
  environment: Pick<PartEnvironment, "system" | "config" | "databases" | "telemetry" | "clock">,
  options: Pick<TransportOptions, "topics" | "logger" | "onConnection">,
): Promise<EventTransport> {
  const { telemetry } = environment;
  const labels = { part, transport: declaredTransport(environment).name };
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
  environment: Pick<PartEnvironment, "system" | "config" | "databases" | "clock">,
  options: Pick<TransportOptions, "topics" | "logger" | "onConnection">,
): Promise<EventTransport> {
  const { config, databases, clock } = environment;
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
      const { connectRemote } = await import("./remote/connect-remote.ts");
      return await connectRemote({ ...common, url: place.url });
    }
    case "broker": {
      if (place.transport === EVENT_LOG.name && config.mode === "development") {
        const { createDatabaseIfMissing } = await import("@parley/postgres");
        await createDatabaseIfMissing(place.url);
      }
      return await declaredTransport(environment).connect({ ...common, url: place.url });
    }
  }
}
