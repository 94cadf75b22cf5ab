import { type Clock, systemClock } from "@parley/core";
import type { EventBus } from "@parley/events";
import { type PartDefinition, partsOf } from "parleyjs";
import { partNamed } from "parleyjs/internal";
import { type ConfigSources, resolveConfig } from "../config/resolve-config.ts";
import type { ResolvedConfig } from "../config/resolved-config.ts";
import type { PartEnvironment } from "../part-environment.ts";
import { createDatabases, EVENTS_STORE } from "./databases.ts";
import { createDisposalStack } from "./disposal-stack.ts";
import type { LoadedSystem } from "./load-system.ts";
import { createPartIdentity } from "./part-identity.ts";
import { choosePorts, explainListenError } from "./ports.ts";
import { requireGuards, warnOfDoubts } from "./require-guards.ts";
import type { RunningPart, RunningSystem, StopOutcome } from "./running.ts";
import { startOrder } from "./start-order.ts";
import { createTelemetry } from "./telemetry.ts";

export interface RunOptions extends Pick<ConfigSources, "env" | "flags"> {
  /** A configuration that is resolved already; then `env` and `flags` are not read. */
  readonly config?: ResolvedConfig;
  readonly clock?: Clock;
}

/**
 * Runs a whole system in this process. Each service listens on its own port and callers dial it, as in production.
 * Resolves when every part answers.
 * @throws ParleyError that says which part could not start and why; whatever had started is closed again.
 */
export function runSystem(system: LoadedSystem, options: RunOptions = {}): Promise<RunningSystem> {
  return runParts(system, partsOf(system.definition), EVENTS_STORE, options);
}

/**
 * Runs one part of a system in this process; the others are somewhere else. Does not wait for the services it calls.
 * @throws ParleyError NOT_FOUND for a part that is not there; else as {@link runSystem}.
 */
export async function startPart(system: LoadedSystem, name: string, options: RunOptions = {}): Promise<RunningSystem> {
  const part = partNamed(system.definition, name);
  return runParts(system, [part], name, options);
}

async function runParts(
  { definition, directory }: LoadedSystem,
  parts: readonly PartDefinition[],
  eventStore: string,
  { clock = systemClock, ...options }: RunOptions,
): Promise<RunningSystem> {
  const names = parts.map(({ name }) => name);
  const config = options.config ?? (await resolveConfig({ definition, directory }, { ...options, parts: names }));
  requireGuards(definition, parts, config);
  const own = await choosePorts(
    config.host,
    new Map(parts.map(({ name, port }) => [name, config.ports.get(name) ?? port])),
  );
  const telemetry = await createTelemetry(parts.length === 1 ? (names[0] ?? definition.name) : definition.name, config);
  const log = telemetry.loggerOf(definition.name);
  warnOfDoubts(definition, parts, config, log);
  const closers = createDisposalStack({ log, clock });
  const databases = createDatabases({ config, system: definition.name, directory, eventStore, telemetry, clock });
  const buses = new Map<string, EventBus>();
  closers.add("logs", () => telemetry.flush());
  closers.add("databases", () => databases.close());
  const environment: PartEnvironment = {
    identity: await createPartIdentity({ system: definition, config, clock }),
    system: definition,
    directory,
    config,
    alone: parts.length === 1,
    ports: new Map([...config.ports, ...own]),
    telemetry,
    databases,
    buses,
    closers,
    clock,
  };
  const force = new AbortController();
  let stopping: Promise<StopOutcome> | undefined;
  const running: RunningSystem = {
    name: definition.name,
    config,
    parts: [],
    log,
    async lag() {
      return new Map(await Promise.all([...buses].map(async ([name, bus]) => [name, await bus.lag()] as const)));
    },
    stop({ signal, graceMs = config.timeouts.drainMs } = {}) {
      if (signal?.aborted) force.abort();
      signal?.addEventListener("abort", () => force.abort(), { once: true, signal: force.signal });
      stopping ??= closers.closeAll({ graceMs, signal: force.signal });
      return stopping;
    },
  };
  try {
    await serveMetricsPort(environment);
    return { ...running, parts: await startParts(environment, parts) };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

async function startParts(environment: PartEnvironment, parts: readonly PartDefinition[]): Promise<RunningPart[]> {
  const { startService } = await import("./start-service.ts");
  const services = parts.filter((part) => part.kind === "service");
  // Databases take longest and need nobody: all begin now. A failure is thrown where its service starts.
  for (const service of services) environment.databases.open(service).catch(() => {});
  const started: RunningPart[] = [];
  for (const together of startOrder(environment.system)) {
    const chosen = together.filter((service) => services.includes(service));
    // Every start is waited for, also when one fails: what it opens must be known before it can be closed.
    const results = await Promise.allSettled(chosen.map((service) => startService(service, environment)));
    for (const result of results) {
      if (result.status === "rejected") throw result.reason;
      started.push(result.value);
    }
  }
  for (const gateway of parts.filter((part) => part.kind === "gateway")) {
    const { startGateway } = await import("./start-gateway.ts");
    started.push(await startGateway(gateway, environment));
  }
  return parts.flatMap(({ name }) => started.filter((part) => part.name === name));
}

async function serveMetricsPort({ config, telemetry, closers }: PartEnvironment): Promise<void> {
  const { host, metricsPort: port } = config;
  if (port === undefined) return;
  const { serveMetrics } = await import("@parley/telemetry");
  const server = await serveMetrics(telemetry.metrics, { port, host }).catch((error: unknown) => {
    throw explainListenError(error, { part: "metrics", host, port });
  });
  closers.add("metrics", () => server.close());
}
