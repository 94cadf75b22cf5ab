import { type Code, failedPrecondition, sleep } from "@parley/core";
import type { EventBus, EventDefinition, QueueDefinition } from "@parley/events";
import type { PostgresDatabase } from "@parley/postgres";
import type { TelemetryLogger } from "@parley/telemetry";
import type { HearingTools, ServiceDefinition, StoringTools } from "parleyjs";
import { partsOf } from "parleyjs";
import { transportsOf } from "../config/system-transports.ts";
import type { PartEnvironment } from "../run/part-environment.ts";
import { assumedTransport, connectTransport, isAway } from "./connect-transport.ts";
import { deferTransport } from "./deferred-transport.ts";
import { requireTables, storesIn } from "./event-tables.ts";
import { createKnownEvents } from "./topics.ts";

/** The events of one service: its bus, and the transport below it. */
export interface PartEvents {
  /** For `setup`. */
  readonly tools: HearingTools & Partial<StoringTools<EventDefinition, QueueDefinition>>;
  /** Whether the service stores, hears or works anything; known once `setup` has run. */
  isUsed(): boolean;
  /**
   * Begins to relay, hear and work. A broker that is away is waited for behind the service's back: what it publishes
   * waits in its outbox.
   * @throws ParleyError FAILED_PRECONDITION for what the transport cannot give; else as the transport connects.
   */
  start(): Promise<void>;
  readonly bus: EventBus;
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
  const { name, publishes, queues } = service;
  const { createEventBus, deadTopicOf } = await import("@parley/events");
  const known = createKnownEvents(system);
  const deferred = deferTransport(assumedTransport(environment), () =>
    connectTransport(name, environment, {
      topics: known.topics(),
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
    ...(db && (await storesIn(db, { clock, logger: log }))),
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
  let hears = false;
  let works = false;
  const stopped = new AbortController();

  const heard = (event: EventDefinition, group = name): void => {
    known.add(event);
    if (!db) known.addDeadTopic(deadTopicOf(event, group), event);
    hears = true;
  };
  const hearing: HearingTools = {
    subscribe(event, handler, options) {
      heard(event, options?.group);
      bus.subscribe(event, handler, options);
    },
    subscribeBatch(event, handler, options) {
      heard(event, options?.group);
      bus.subscribeBatch(event, handler, options);
    },
    async request(definition, payload, options) {
      await deferred.connect();
      return bus.request(definition, payload, options);
    },
    respond(definition, handler) {
      hears = true;
      bus.respond(definition, handler);
    },
  };
  const storing: StoringTools<EventDefinition, QueueDefinition> = {
    async publish(tx, event, payload, options) {
      assertDeclared(name, "publishes", publishes, event);
      await bus.publish(tx, event, payload, options);
    },
    async enqueue(tx, queue, payload, options) {
      assertDeclared(name, "queues", queues, queue);
      await bus.enqueue(tx, queue, payload, options);
    },
    work(queue, handler, options) {
      assertDeclared(name, "queues", queues, queue);
      works = true;
      bus.work(queue, handler, options);
    },
  };

  const startLater = async (): Promise<void> => {
    for (;;) {
      await sleep(RECONNECT_MS, { signal: stopped.signal, clock });
      try {
        await deferred.connect();
        await bus.start();
        onReach("reached");
        return log.info({ transport: transport.name }, "the transport of events is connected");
      } catch (error) {
        if (!isAway(error)) log.error({ err: error }, "the bus cannot start");
      }
    }
  };

  closers.add(`event transport of ${name}`, ({ signal }) => transport.close({ signal }));
  return {
    bus,
    tools: db ? { ...hearing, ...storing } : hearing,
    isUsed: () => hears || works || publishes.length > 0 || queues.length > 0,
    async start() {
      if (config.events.kind === "embedded" && alone && partsOf(system).length > 1) {
        log.warn({}, "events stay in this process, which keeps them in its own embedded database; set EVENTS_URL");
      }
      if (db) await requireTables(name, db, config);
      closers.add(`events of ${name}`, async ({ graceMs, signal }) => {
        stopped.abort();
        const limit = AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, graceMs))]);
        await bus.drain({ signal: limit });
      });
      try {
        const needsTransport = hears || publishes.length > 0;
        if (needsTransport) await deferred.connect();
        await bus.start();
        if (needsTransport) onReach("reached");
      } catch (error) {
        if (!isAway(error)) throw error;
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

function assertDeclared(
  service: string,
  list: "publishes" | "queues",
  declared: readonly { readonly name: string }[],
  { kind, name }: EventDefinition | QueueDefinition,
): void {
  if (declared.some((one) => one.name === name)) return;
  const known = declared.map((one) => one.name).join(", ") || "nothing";
  throw failedPrecondition(
    `${service} names the ${kind} "${name}" nowhere in ${list}, which has ${known}: add it there`,
  );
}
