import { readFile } from "node:fs/promises";
import type { DescService } from "@bufbuild/protobuf";
import type { Logger } from "@parley/core";
import type { GatewayBackend, GatewayOptions } from "@parley/gateway";
import { findContracts } from "@parley/protobuf/internal";
import type { EventTransport } from "@parley/transport";
import type { GatewayDefinition } from "parleyjs";
import { contractsOf, plainRoutesOf, providerOf } from "parleyjs/internal";
import { connectTransport, declaredTransport, isUnavailable } from "../events/connect-transport.ts";
import { lazyTransport } from "../events/lazy-transport.ts";
import { topicsOf } from "../events/topics.ts";
import type { PartEnvironment } from "../part-environment.ts";
import { createConnections, reachableHost } from "./connect.ts";
import { explainListenError } from "./ports.ts";
import { refuseOptions } from "./refuse-options.ts";
import type { RunningPart } from "./running.ts";

/** Starts the gateway: a channel to each service behind it, then the door itself. */
export async function startGateway(gateway: GatewayDefinition, environment: PartEnvironment): Promise<RunningPart> {
  const { config, directory, ports, telemetry, identity, closers, clock } = environment;
  const {
    kind: _,
    name,
    port: defaultPort,
    routes: __,
    optionalRoutes = [],
    auth,
    openapi,
    realtime,
    ...options
  } = gateway;
  const { metricsAccess } = options;
  const own = config.gatewayOf(name);
  const log = telemetry.loggerOf(name);

  const connections = createConnections(environment, { caller: name, policy: own.policies, log });
  const { createGateway } = await import("@parley/gateway");
  const gatewayOptions: GatewayOptions = {
    ...options,
    name,
    backends: await backendsOf({ routes: contractsOf(gateway), optionalRoutes }, environment, connections),
    routes: plainRoutesOf(gateway),
    timeoutMs: own.timeouts.request.timeoutMs,
    streamTimeoutMs: own.timeouts.stream.timeoutMs,
    maxBodyBytes: own.limits.bodyBytes,
    maxUnfinishedBodyBytes: own.limits.unfinishedBodyBytes,
    maxConnections: own.limits.connections,
    maxConnectionsPerAddress: own.limits.connectionsPerAddress,
    openapi: openapi !== false && {
      title: openapi?.title ?? environment.system.name,
      version: openapi?.version ?? "0.1.0",
      ...(openapi?.access && { access: openapi.access }),
      ...(await readDescriptors(directory)),
    },
    metrics: telemetry.metrics,
    tracer: telemetry.requests,
    ...(config.mode === "production" && { metricsAccess: metricsAccess ?? "none" }),
    logger: log,
    clock,
    ...resolveAuth(auth, identity.userTokens(connections)),
    ...(realtime && { realtime: { ...realtime, transport: await openLiveTransport(name, environment, log) } }),
    ...(own.cors && { cors: own.cors }),
    ...(own.tls && { tls: own.tls }),
  };
  const door = refuseOptions(name, () => createGateway(gatewayOptions));
  const port = ports.get(name) ?? defaultPort;
  const listening = await door.listen({ port, host: config.host }).catch((error: unknown) => {
    throw explainListenError(error, { part: name, host: config.host, port });
  });
  closers.add(name, (limits) => door.drain(limits));
  return {
    name,
    kind: "gateway",
    address: `${own.tls ? "https" : "http"}://${reachableHost(config.host)}:${listening.port}`,
    port: listening.port,
  };
}

/**
 * The gateway's own connection to where events go; closed after its door. While the broker is away the door answers all
 * the same, and live events begin when it is back.
 */
async function openLiveTransport(name: string, environment: PartEnvironment, logger: Logger): Promise<EventTransport> {
  const topics = topicsOf(environment.system);
  const { transport, connect } = lazyTransport(declaredTransport(environment), () =>
    connectTransport(name, environment, { topics, logger }),
  );
  environment.closers.add(`event transport of ${name}`, ({ signal }) => transport.close({ signal }));
  await connect().catch((error: unknown) => {
    if (!isUnavailable(error)) throw error;
  });
  return transport;
}

/** One backend per service, with those of its contracts that are routed to. */
async function backendsOf(
  { routes, optionalRoutes }: Readonly<Record<"routes" | "optionalRoutes", readonly DescService[]>>,
  { system }: PartEnvironment,
  connections: ReturnType<typeof createConnections>,
): Promise<GatewayBackend[]> {
  const byProvider = Map.groupBy(routes, (contract) => providerOf(system, contract)?.name ?? contract.typeName);
  return Promise.all(
    [...byProvider].map(async ([name, contracts]) => {
      const [first] = contracts as [DescService, ...DescService[]];
      const isOptional = contracts.every((contract) => optionalRoutes.includes(contract));
      return {
        name,
        service: contracts,
        channel: await connections.channelTo(first),
        readiness: isOptional ? "optional" : "required",
      } as const;
    }),
  );
}

/** Tokens are asked for once there is something to check them with, which is the same at every service. */
function resolveAuth(
  auth: GatewayDefinition["auth"],
  userTokens: GatewayOptions["auth"],
): Partial<Pick<GatewayOptions, "auth">> {
  if (!userTokens) return {};
  const { invalidTokenStatus } = auth ?? {};
  return { auth: { ...userTokens, ...(invalidTokenStatus !== undefined && { invalidTokenStatus }) } };
}

/** The compiled contracts with their comments, if `parley generate` has written them. */
async function readDescriptors(directory: string): Promise<{ descriptors?: Uint8Array }> {
  const contracts = findContracts(directory);
  if (!contracts) return {};
  try {
    return { descriptors: await readFile(contracts.descriptorsPath) };
  } catch {
    return {};
  }
}
