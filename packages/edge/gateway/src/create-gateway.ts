import { createJwtAuthenticate } from "@parley/identity";
import { ConnectionLimit } from "@parley/wire/internal/http1";
import type { Response as InjectedResponse, InjectOptions } from "light-my-request";
import { createDoorAuthenticate } from "./auth/door-authenticate.ts";
import { createPublicPaths } from "./auth/public-paths.ts";
import { createContractEndpoints } from "./contract-endpoints.ts";
import { createClientAddress, createProxyCheck } from "./edge/client-address.ts";
import { createCors } from "./edge/cors.ts";
import { createHttpServer, type EdgeServer } from "./edge/create-http-server.ts";
import { type DrainOptions, drainServer } from "./edge/drain-server.ts";
import { listen } from "./edge/listen.ts";
import { BodyBudget } from "./exchange/body-budget.ts";
import { createDoor } from "./exchange/door.ts";
import type { Endpoint } from "./exchange/exchange.ts";
import { answerInjected } from "./exchange/injected.ts";
import { parsePathTemplate } from "./http-rule/path-template.ts";
import { createRouteTable } from "./http-rule/route-table.ts";
import { type GatewayOptions, resolveGatewayOptions } from "./options.ts";
import { createOwnPages } from "./own-pages.ts";
import { createRealtime } from "./realtime/create-realtime.ts";

/** A REST door in front of gRPC services. */
export interface Gateway {
  /** Resolves once it accepts. Rejects with the system's error, for example EADDRINUSE. Default host `0.0.0.0`. */
  listen(options: { readonly port: number; readonly host?: string }): Promise<{ port: number; host: string }>;
  /** Stops accepting and lets running requests finish; what still runs after `graceMs`, or on abort, is cut off. */
  drain(options: DrainOptions): Promise<"drained" | "forced">;
  /** Answers a request without a socket: for tests. */
  inject(request: InjectOptions | string): Promise<InjectedResponse>;
}

/**
 * Builds a gateway from the contracts of its backends.
 *
 * @throws TypeError if an option is wrong, an HTTP rule is broken, or two rules answer the same requests.
 */
export function createGateway(gatewayOptions: GatewayOptions): Gateway {
  const options = resolveGatewayOptions(gatewayOptions);
  const clientAddress = createClientAddress(options.trustedProxies);
  const connections = new ConnectionLimit({
    max: options.maxConnections,
    maxPerAddress: options.maxConnectionsPerAddress,
    isProxy: createProxyCheck(options.trustedProxies),
  });
  const { maxUnfinishedBodyBytes: maxUnfinishedBytes, maxBodyBytes } = options;
  const bodies = new BodyBudget({ maxUnfinishedBytes, maxBodyBytes, clientAddress });
  const contract = createContractEndpoints(options, bodies);
  const authenticate =
    options.auth &&
    createDoorAuthenticate(createJwtAuthenticate(options.auth, options), options.auth.invalidTokenStatus ?? 401);
  const isPublicPath = createPublicPaths(options.publicPaths);
  const realtime = createRealtime({ authenticate, isPublicPath, clientAddress, options });

  const table = createRouteTable<Endpoint>();
  for (const endpoint of [...createOwnPages(options, contract), ...(realtime?.endpoints ?? [])]) {
    const template = parsePathTemplate(endpoint.route);
    table.add({ method: "GET", template, owner: endpoint.name, value: endpoint });
  }
  for (const { verb, template, endpoint } of contract) {
    table.add({ method: verb, template, owner: endpoint.name, value: endpoint });
  }

  const door = createDoor({
    table,
    authenticate,
    isPublicPath,
    cors:
      options.cors &&
      createCors(
        options.cors,
        contract.map(({ verb }) => verb),
      ),
    clientAddress,
    options,
  });

  async function drainAll(drainOptions: DrainOptions): Promise<"drained" | "forced"> {
    const silent = realtime?.close(drainOptions.signal); // live connections would keep the server open
    const server = edge?.server;
    const outcome = server?.listener.listening ? await drainServer(server, drainOptions, options.clock) : "drained";
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
    liveClients: realtime?.clients() ?? { sse: 0, websocket: 0 },
    liveResets: realtime?.resets ?? new Map(),
    certificateExpiresMs: edge?.certificateExpiresMs(),
  }));
  let draining: Promise<"drained" | "forced"> | undefined;
  return {
    async listen({ port, host = "0.0.0.0" }) {
      if (draining) throw new Error(`gateway ${options.name} has been drained: create another to listen again`);
      if (edge?.server.listener.listening) throw new Error(`gateway ${options.name} listens already`);
      edge = createHttpServer(options, door, realtime, connections);
      realtime?.start();
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
