import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { collectYoungEarly } from "@parley/wire";
import { partsOf, type SystemDefinition } from "parleyjs";
import { eventsDatabaseName, gatewaysOf } from "parleyjs/internal";
import { resolveConfig } from "../config/resolve-config.ts";
import { describeEventsPlace, hasEvents } from "../config/resolve-events.ts";
import type { ResolvedConfig } from "../config/resolved-config.ts";
import { announce } from "../run/announce.ts";
import { EVENTS_STORE } from "../run/databases.ts";
import { requestsToShow } from "../run/example-requests.ts";
import { findEntry, type LoadedSystem, loadSystem } from "../run/load-system.ts";
import { choosePorts } from "../run/ports.ts";
import { reportFailure } from "../run/report-failure.ts";
import { runSystem, startPart } from "../run/run-system.ts";
import { type ExitCode, type StopRequests, serveUntilStopped } from "../run/serve-until-stopped.ts";
import { startOrder } from "../run/start-order.ts";
import type { FromChild, Plan, ToChild } from "./messages.ts";
import { followImports, type ModuleGraph, toPaths } from "./module-graph.ts";
import { partSources, systemSources } from "./part-sources.ts";

type Order = Extract<ToChild, { type: "start" }>;

/** Does what the parent ordered. Resolves with the exit code when it is done, or has been told to stop. */
export async function runChild(order: Order): Promise<ExitCode> {
  const graph = order.watch ? followImports() : undefined;
  if (order.role.kind === "plan") {
    const system = await load(order, graph);
    send({ type: "plan", plan: await makePlan(system, order, order.role.ports) });
    return 0;
  }
  const { role, flags, startedAtMs } = order;
  collectYoungEarly();
  return serveUntilStopped(
    async () => {
      const system = await load(order, graph);
      if (role.kind === "part") return startPart(system, role.name, { flags });
      const running = await runSystem(system, { flags });
      const { definition } = system;
      const requests = requestsToShow(definition);
      const tokens = tokensOf(running.config);
      const startedInMs = Date.now() - startedAtMs;
      process.stdout.write(
        announce({
          parts: running.parts,
          requests,
          tokens,
          docs: docsOf(definition, running.config),
          events: eventsOf(definition, running.config),
          startedInMs,
        }),
      );
      return running;
    },
    {
      listen: listenToParent,
      onReady: ({ parts, config }) => send({ type: "ready", parts, drainMs: config.timeouts.drainMs }),
      onStartFailure: reportFailure,
    },
  );
}

/** Loads the system and tells the parent what to watch, also when it cannot be loaded: then the mistake is in there. */
async function load({ directory, role }: Order, graph: ModuleGraph | undefined): Promise<LoadedSystem> {
  const entry = graph ? await findEntry(directory) : undefined;
  try {
    const system = await loadSystem(directory);
    const part = role.kind === "part" ? partsOf(system.definition).find(({ name }) => name === role.name) : undefined;
    if (graph)
      send({ type: "sources", sources: part ? await partSources(system, part, graph) : systemSources(system, graph) });
    return system;
  } catch (error) {
    if (graph && entry !== undefined) {
      const files = toPaths(graph.reachableFrom(pathToFileURL(entry).href));
      send({ type: "sources", sources: { files, folders: [] } });
    }
    throw error;
  }
}

async function makePlan(system: LoadedSystem, { flags }: Order, ports: "choose" | "leave"): Promise<Plan> {
  const { definition } = system;
  const config = await resolveConfig(system, { flags });
  const gateways = gatewaysOf(definition).map(({ name }) => name);
  const order = startOrder(definition).map((services) => services.map(({ name }) => name));
  return {
    name: definition.name,
    order: gateways.length > 0 ? [...order, gateways] : order,
    configuredPorts: Object.fromEntries(config.ports),
    chosenPorts: ports === "choose" ? Object.fromEntries(await choosePorts(config.host, config.ports)) : {},
    drainMs: config.timeouts.drainMs,
    requests: requestsToShow(definition),
    tokens: tokensOf(config),
    docs: docsOf(definition, config),
    events: eventsOf(definition, config),
    eventLog: eventLogOf(definition, config),
    logFormat: config.logging.format,
    metricsPort: config.metricsPort,
  };
}

/** Whether the gateway asks for a token. */
function tokensOf({ users }: ResolvedConfig): Plan["tokens"] {
  return users === undefined ? "none" : "asked";
}

/** Who may read the page of each gateway, for whom a link to it is printed. */
function docsOf(definition: SystemDefinition, { users }: ResolvedConfig): Plan["docs"] {
  return Object.fromEntries(
    gatewaysOf(definition).map(({ name, openapi }) => {
      if (openapi === false) return [name, "none"];
      return [name, users !== undefined && openapi?.access === "token" ? "token" : "public"];
    }),
  );
}

function eventsOf(definition: SystemDefinition, { events }: ResolvedConfig): string | undefined {
  return hasEvents(definition) ? describeEventsPlace(events) : undefined;
}

/** An embedded log can be open in one process only: then the parent has it, in a folder of its own. */
function eventLogOf(definition: SystemDefinition, { events, dataDir }: ResolvedConfig): Plan["eventLog"] {
  if (events.kind !== "embedded" || !hasEvents(definition)) return undefined;
  return { dataDir: join(dataDir, EVENTS_STORE), schema: eventsDatabaseName(definition.name) };
}

/** The parent says when to stop, and so does its end. */
const listenToParent = ({ stop, force }: StopRequests): (() => void) => {
  const onMessage = (message: ToChild): void => {
    if (message.type === "stop") stop({ reason: message.reason, graceMs: message.graceMs });
    if (message.type === "force") force(message.reason);
  };
  const onDisconnect = (): void => stop({ reason: "the process that started this one has ended" });
  process.on("message", onMessage);
  process.on("disconnect", onDisconnect);
  if (!process.connected) onDisconnect();
  return () => {
    process.off("message", onMessage);
    process.off("disconnect", onDisconnect);
  };
};

function send(message: FromChild): void {
  // A parent that has gone cannot be told; the disconnect is heard elsewhere.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
