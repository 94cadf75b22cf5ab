import { type Code, sleep } from "@parley/core";
import type { EventBus } from "@parley/events";
import type { PostgresDatabase } from "@parley/postgres";
import type { TelemetryLogger } from "@parley/telemetry";
import type { BuiltHandlers, ServiceDefinition } from "parleyjs";
import { partsOf } from "parleyjs";
import { storesEvents, usesTransport } from "parleyjs/internal";
import { transportsOf } from "../config/system-transports.ts";
import type { PartEnvironment } from "../part-environment.ts";
import { connectTransport, declaredTransport, isUnavailable } from "./connect-transport.ts";
import { storesIn } from "./event-stores.ts";
import { lazyTransport } from "./lazy-transport.ts";
import { registerHandlers } from "./register-handlers.ts";
import { topicsOf } from "./topics.ts";

/** The events of one service: its bus, and the transport below it. */
export interface PartEvents {
  readonly bus: EventBus;
  /** Connects the transport, the first time. @throws ParleyError as the transport connects. */
  connect(): Promise<void>;
  /**
   * Takes the handlers, and begins to relay, receive and work. A broker that is away is waited for behind the service's back:
   * what it publishes waits in its outbox.
   * @throws ParleyError FAILED_PRECONDITION for what the transport cannot give; else as the transport connects.
   */
  start(handlers: BuiltHandlers): Promise<void>;
}

export interface PartEventsOptions {
  readonly service: ServiceDefinition;
  readonly db: PostgresDatabase | undefined;
  readonly log: TelemetryLogger;
  /** Told whether the broker can be reached, each time that it is known. Never told where there is none. */
  readonly onReach: (reach: "reached" | "away") => void;
}

/** What the relay is told when the way to the broker fails, and not one event. */
const WAY_FAILS: readonly Code[] = ["UNAVAILABLE", "DEADLINE_EXCEEDED"];
/** Between two tries to reach a broker that is away. */
const RECONNECT_MS = 2_000;

export async function createPartEvents(
  environment: PartEnvironment,
  { service, db, log, onReach }: PartEventsOptions,
): Promise<PartEvents> {
  const { system, config, telemetry, closers, clock, alone } = environment;
  const { name, publishes } = service;
  const { createEventBus, deadTopicOf } = await import("@parley/events");
  let handlers: BuiltHandlers | undefined;
  const deferred = lazyTransport(declaredTransport(environment), () =>
    connectTransport(name, environment, {
      topics: topicsOf(system, { service, handlers, deadTopicOf }),
      logger: log,
      onConnection: (state) => onReach(state === "connected" ? "reached" : "away"),
    }),
  );
  const { transport } = deferred;
  const { interceptors, observe } = telemetry.busOf(log);
  const bus = createEventBus({
    service: name,
    transport,
    alternatives: transportsOf(system),
    publishes,
    ...(db && storesEvents(service) && (await storesIn(db, { clock, logger: log }))),
    policyFor: ({ kind, name: about }) =>
      kind === "event" ? config.eventPolicies.ofEvent(about) : config.eventPolicies.ofQueue(about),
    settings: config.eventPolicies.bus,
    interceptors,
    observe(event) {
      observe(event);
      if (event.type === "relayed") onReach(WAY_FAILS.includes(event.code) ? "away" : "reached");
    },
    logger: log,
    clock,
  });
  const needsTransport = usesTransport(service);
  const stopped = new AbortController();

  const startLater = async (): Promise<void> => {
    for (;;) {
      await sleep(RECONNECT_MS, { signal: stopped.signal, clock });
      try {
        await deferred.connect();
        await bus.start();
        onReach("reached");
        return log.info({ transport: transport.name }, "the transport of events is connected");
      } catch (error) {
        if (!isUnavailable(error)) log.error({ err: error }, "the bus cannot start");
      }
    }
  };

  closers.add(`event transport of ${name}`, ({ signal }) => transport.close({ signal }));
  return {
    bus,
    connect: deferred.connect,
    async start(made) {
      handlers = made;
      registerHandlers(bus, made);
      if (config.events.kind === "embedded" && alone && needsTransport && partsOf(system).length > 1) {
        log.warn({}, "events stay in this process, which keeps them in its own embedded database; set EVENTS_URL");
      }
      closers.add(`events of ${name}`, async ({ graceMs, signal }) => {
        stopped.abort();
        const limit = AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, graceMs))]);
        await bus.drain({ signal: limit });
      });
      try {
        if (needsTransport) await deferred.connect();
        await bus.start();
        if (needsTransport) onReach("reached");
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        onReach("away");
        log.warn(
          { err: error, retryAfterMs: RECONNECT_MS },
          "the transport of events is away; what is published waits",
        );
        void startLater().catch(() => {});
      }
    },
  };
}
