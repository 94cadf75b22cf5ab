import { createJwtAuthenticate } from "@parley/identity";
import { ConnectionLimit } from "@parley/wire/internal/http1";
import type { Response as InjectedResponse, InjectOptions } from "light-my-request";
import { createEdgeAuthenticate } from "./auth/edge-authenticate.ts";
import { createPublicPaths } from "./auth/public-paths.ts";
import { BodyBudget } from "./body-budget.ts";
import { compose } from "./compose.ts";
import type { ResolvedKernelOptions } from "./kernel-options.ts";
import { createClientAddress, createProxyCheck } from "./request/client-address.ts";
import { createCors } from "./request/cors.ts";
import { answerInjected } from "./request/injected.ts";
import { createRequestHandler } from "./request/request-handler.ts";
import type { Route } from "./route.ts";
import { createRouteTable } from "./route-table.ts";
import { createHttpServer, type EdgeServer } from "./server/create-http-server.ts";
import { type DrainOptions, drainServer } from "./server/drain-server.ts";
import type { GatewayReadings } from "./server/gateway-readings.ts";
import { listen } from "./server/listen.ts";
import { createUpgrades } from "./upgrades.ts";

/** A gateway, whatever routes it serves. */
export interface Gateway {
  /** Resolves once it accepts. Rejects with the system's error, for example EADDRINUSE. Default host `0.0.0.0`. */
  listen(options: { readonly port: number; readonly host?: string }): Promise<{ port: number; host: string }>;
  /** Stops accepting and lets running requests finish; what still runs after `graceMs`, or on abort, is cut off. */
  drain(options: DrainOptions): Promise<"drained" | "forced">;
  /** Answers a request without a socket: for tests. */
  inject(request: InjectOptions | string): Promise<InjectedResponse>;
}

/** What lives behind some of the routes. */
export interface RouteBackground {
  /** Called when the gateway begins to listen. */
  start(): void;
  /** Ends what its routes have left open: live connections would keep the server from draining. */
  close(signal?: AbortSignal): Promise<void>;
  /** What it adds to the gateway's readings. */
  readings(): Pick<GatewayReadings, "liveClients" | "liveResets">;
}

/**
 * The server of a list of routes: accepts, matches, authorizes, answers failures as problem details, measures and drains.
 *
 * @throws TypeError if two routes answer the same requests; it names both.
 */
export function createKernel(
  routes: readonly Route[],
  options: ResolvedKernelOptions,
  background: RouteBackground | undefined,
): Gateway {
  const clientAddress = createClientAddress(options.trustedProxies);
  const connections = new ConnectionLimit({
    max: options.maxConnections,
    maxPerAddress: options.maxConnectionsPerAddress,
    isProxy: createProxyCheck(options.trustedProxies),
  });
  const { maxUnfinishedBodyBytes: maxUnfinishedBytes, maxBodyBytes, bodyTimeoutMs, clock } = options;
  const bodies = new BodyBudget({ maxUnfinishedBytes, maxBodyBytes, clientAddress });
  const authenticate =
    options.auth &&
    createEdgeAuthenticate(createJwtAuthenticate(options.auth, options), options.auth.invalidTokenStatus ?? 401);
  const isPublicPath = createPublicPaths(options.publicPaths);

  const table = createRouteTable<Route>();
  for (const route of routes) {
    const { method, template, name: owner } = route;
    table.add({ method, template, owner, value: compose(route, options.middleware, clock) });
  }
  const ownMethods = routes.filter(({ kind }) => kind === "contract" || kind === "plain").map(({ method }) => method);
  const door = createRequestHandler({
    table,
    authenticate,
    isPublicPath,
    cors: options.cors && createCors(options.cors, ownMethods),
    clientAddress,
    bodyLimits: { bodies, maxBodyBytes, bodyTimeoutMs, clock },
    options,
  });
  const upgrades = createUpgrades({ table, authenticate, isPublicPath, clientAddress, options });

  async function drainAll(drainOptions: DrainOptions): Promise<"drained" | "forced"> {
    const { signal } = drainOptions;
    if (signal?.aborted) upgrades.cut();
    signal?.addEventListener("abort", upgrades.cut, { once: true });
    const silent = background?.close(signal);
    const server = edge?.server;
    const outcome = server?.listener.listening ? await drainServer(server, drainOptions, clock) : "drained";
    await silent;
    return outcome;
  }

  let edge: EdgeServer | undefined;
  options.metrics?.watchGateway?.(() => ({
    connections: connections.limit.used,
    refusedConnections: connections.limit.refused,
    unfinishedBodies: bodies.unfinished,
    unfinishedBodyBytes: bodies.limit.used,
    refusedBodies: bodies.limit.refused,
    ...(background?.readings() ?? { liveClients: { sse: 0, websocket: 0 }, liveResets: new Map() }),
    certificateExpiresMs: edge?.certificateExpiresMs(),
  }));
  let draining: Promise<"drained" | "forced"> | undefined;
  return {
    async listen({ port, host = "0.0.0.0" }) {
      if (draining) throw new Error(`gateway ${options.name} has been drained: create another to listen again`);
      if (edge?.server.listener.listening) throw new Error(`gateway ${options.name} listens already`);
      edge = createHttpServer(options, door, upgrades, connections);
      background?.start();
      return { host, port: await listen(edge.server.listener, { port, host }) };
    },
    drain(drainOptions) {
      door.beginDrain();
      draining ??= drainAll(drainOptions);
      return draining;
    },
    async inject(request) {
      const { inject } = await import("light-my-request");
      return inject((raw, response) => answerInjected(door, raw, response), request);
    },
  };
}
