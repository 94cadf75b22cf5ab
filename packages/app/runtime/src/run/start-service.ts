import { deadLetterRegistration } from "@parley/admin";
import { type Database, ParleyError } from "@parley/core";
import { EVENTS_HEALTH } from "@parley/core/internal";
import type { ServiceRegistration } from "@parley/rpc";
import type { CommonTools, ServiceDefinition } from "parleyjs";
import { storesEvents, usesTransport } from "parleyjs/internal";
import { createPartEvents } from "../events/part-events.ts";
import { type BusTools, createBusTools } from "../events/service-tools.ts";
import type { PartEnvironment } from "../part-environment.ts";
import { completeImplementation } from "./complete-implementation.ts";
import { createConnections, reachableHost } from "./connect.ts";
import { watchDatabase } from "./database-health.ts";
import { explainListenError } from "./ports.ts";
import { refuseOptions } from "./refuse-options.ts";
import type { RunningPart } from "./running.ts";

/** Starts one service: its database, its clients, its methods, its server. Whatever it opens is in the closers. */
export async function startService(service: ServiceDefinition, environment: PartEnvironment): Promise<RunningPart> {
  const { config, ports, telemetry, identity, closers, databases, buses, clock } = environment;
  const { name } = service;
  const log = telemetry.loggerOf(name);
  const opened = await databases.open(service);

  const { createClient, createHealthService, createServer } = await import("@parley/rpc");
  const connections = createConnections(environment, { caller: name, policy: config.servicePolicies, log });
  const clients = await Promise.all(
    [...service.calls].map(
      async ([key, contract]) => [key, createClient(contract, await connections.channelTo(contract))] as const,
    ),
  );
  const health = createHealthService();
  const watched =
    opened &&
    watchDatabase(opened, {
      clock,
      logger: log,
      onChange(state) {
        const status = state === "usable" ? "serving" : "not_serving";
        for (const served of ["", ...service.implements.map(({ typeName }) => typeName)]) health.set(served, status);
      },
    });
  const db = watched?.database;
  const events =
    usesTransport(service) || service.queues.length > 0
      ? await createPartEvents(environment, {
          service,
          db,
          log,
          onReach: (reach) => health.set(EVENTS_HEALTH, reach === "reached" ? "serving" : "not_serving"),
        })
      : undefined;
  const tools: CommonTools<unknown> & BusTools & { readonly db?: Database } = {
    calls: Object.fromEntries(clients),
    log,
    clock,
    observe: telemetry.metrics.observeBus,
    onStop: (close) => closers.add(`onStop of ${name}`, () => close()),
    ...createBusTools(service, events),
    ...(db && { db }),
  };
  const handlers = await service.setup(tools).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ParleyError("FAILED_PRECONDITION", `${name} cannot start: ${reason}`, { cause: error });
  });

  const registrations = service.implements.map((contract, index): ServiceRegistration => {
    const implementation = handlers.methods[index];
    if (!implementation) throw new TypeError(`setup of ${name} returned no methods for ${contract.typeName}`);
    const options = { service: name, mode: config.mode, log };
    return { service: contract, implementation: completeImplementation(contract, implementation, options) };
  });
  if (events) {
    await events.start(handlers);
    buses.set(name, events.bus);
    if (storesEvents(service)) registrations.push(deadLetterRegistration(events.bus.deadLetters));
  }

  const server = refuseOptions(name, () =>
    createServer({
      services: registrations,
      interceptors: [...telemetry.interceptorsFor(log), ...identity.incoming(name, { connections, log })],
      maxReceiveBytes: config.limits.messageBytes,
      health,
      logger: log,
      clock,
      ...(config.tls && { tls: serverTls(config.tls) }),
    }),
  );
  const port = ports.get(name) ?? service.port;
  const listening = await server.listen({ port, host: config.host }).catch((error: unknown) => {
    throw explainListenError(error, { part: name, host: config.host, port });
  });
  closers.add(name, (limits) => {
    health.shutdown();
    return server.drain(limits);
  });
  for (const contract of service.implements) health.set(contract.typeName, "serving");
  watched?.start();
  closers.add(`health of the database of ${name}`, async () => watched?.stop());
  return {
    name,
    kind: "service",
    address: `${reachableHost(config.host)}:${listening.port}`,
    port: listening.port,
  };
}

function serverTls({ certPath, keyPath, caPath, clients }: NonNullable<PartEnvironment["config"]["tls"]>) {
  return { certPath, keyPath, ...(clients === "certified" && caPath !== undefined && { caPath }) };
}
