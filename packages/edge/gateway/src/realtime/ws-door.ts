import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { AbortSource, CONTEXT_HEADERS } from "@parley/core/internal";
import type { Authenticate } from "@parley/identity";
import type { HttpRequest } from "@parley/wire/internal/http1";
import { EdgeError, renderHead } from "@parley/wire/internal/http1";
import { type WebSocket, WebSocketServer } from "ws";
import type { ClientAddress } from "../edge/client-address.ts";
import type { Endpoint } from "../exchange/exchange.ts";
import { openContext, requestIdOf } from "../exchange/open-context.ts";
import type { RequestSpan } from "../exchange/request-tracer.ts";
import { JSON_TYPE } from "../exchange/unary-endpoint.ts";
import { boundPath } from "../exchange/visit.ts";
import type { ResolvedGatewayOptions } from "../options.ts";
import { renderProblem, toProblem } from "../problem/problem.ts";
import type { LiveHub } from "./live-hub.ts";
import { ownerOf } from "./owner.ts";
import { LIVE_ACCESS } from "./sse-endpoint.ts";
import { WsClient } from "./ws-client.ts";
import { isOriginAllowed } from "./ws-origin.ts";
import { authorizationOf, PROTOCOL } from "./ws-token.ts";

/** Where WebSockets come in. */
export interface WsDoor {
  /** What answers requests that do not ask for an upgrade. */
  readonly endpoint: Endpoint;
  /** Whether a request is an upgrade that this door takes; any other is an ordinary request. */
  accepts(request: HttpRequest): boolean;
  /** Never rejects. */
  upgrade(request: HttpRequest, socket: Duplex, head: Buffer): Promise<void>;
  /** Cuts off what is still open; the HTTP server no longer knows these connections. */
  cut(): void;
}

export interface WsDoorOptions {
  readonly hub: LiveHub;
  readonly authenticate: Authenticate | undefined;
  readonly isPublicPath: (path: string) => boolean;
  readonly clientAddress: ClientAddress;
  readonly options: ResolvedGatewayOptions;
}

/** A request for a WebSocket. */
interface Arrival {
  readonly requestId: string;
  /** The client's address. */
  readonly peer: string;
  readonly span: RequestSpan | undefined;
  /** What was answered; undefined before. */
  status: number | undefined;
}

/** What `ws` answers to a handshake that it cannot take. */
const BAD_HANDSHAKE = 400;
/** Clients only ask; what they say is short. */
const MAX_MESSAGE_BYTES = 32_768;
const MAX_FRAGMENTS = 64;

/**
 * Takes upgrades with `ws`. Compression is off: it costs memory per client that nothing bounds (websockets/ws#1617), and
 * TLS terminators compress nothing either.
 */
export function createWsDoor({ hub, authenticate, isPublicPath, clientAddress, options }: WsDoorOptions): WsDoor {
  const route = `${options.basePath}/ws`;
  const { logger } = options;
  const open = new Set<Duplex>();
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    autoPong: false,
    maxPayload: MAX_MESSAGE_BYTES,
    maxFragments: MAX_FRAGMENTS,
    // Else all frames of a chunk, thousands of pings for one, are handled before any other connection is read.
    allowSynchronousEvents: false,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });

  function accepts({ url, headers }: HttpRequest): boolean {
    return headers.upgrade?.toLowerCase() === "websocket" && url.split("?", 1)[0] === route;
  }

  /** Starts the span, which ends with the connection. */
  function arrive(request: HttpRequest, socket: Duplex): Arrival {
    const { method, url, headers } = request;
    const scheme = options.tls ? "https" : "http";
    const peer = clientAddress(request);
    const span = options.tracer?.start({ method, path: boundPath(url), route, scheme, clientAddress: peer, headers });
    const arrival: Arrival = { requestId: requestIdOf(headers, options), peer, span, status: undefined };
    if (span) {
      socket.once("close", () => {
        const { status } = arrival;
        span.end({ status, failure: status === undefined ? "CANCELLED" : undefined });
      });
    }
    return arrival;
  }

  async function enter(request: HttpRequest, socket: Duplex, head: Buffer, arrival: Arrival): Promise<void> {
    const { requestId, peer, span } = arrival;
    if (!isOriginAllowed(request, options.cors)) {
      throw new EdgeError(
        403,
        "FORBIDDEN",
        `pages of ${request.headers.origin} may not connect: cors.origins lists those that may`,
      );
    }
    const authorization = authorizationOf(request.headers);
    const identity =
      authenticate && !isPublicPath(route) ? await authenticate(authorization, { requestId, peer }) : undefined;
    const gone = new AbortSource();
    const headers = { ...request.headers, authorization };
    const timeoutMs = Number.POSITIVE_INFINITY;
    const listener = openContext({ headers, requestId, timeoutMs, gone, identity, trace: span?.trace }, options);
    const seat = await hub.enter(ownerOf(listener, peer));
    const startedMs = performance.now();
    const onClosed = (code: number, reason: string): void => {
      gone.abort(new Error("the client went away"));
      const durationMs = Math.round(performance.now() - startedMs);
      const { traceId } = listener.trace;
      logger.info(
        { method: "GET", route, status: 101, durationMs, requestId, traceId, peer, code, reason },
        "websocket",
      );
    };
    if (socket.destroyed) return seat.leave();
    socket.once("close", seat.leave); // also where the handshake itself is refused
    // Of a request `ws` reads the method and the headers.
    arrival.status = BAD_HANDSHAKE; // unless the callback is called, which it is at once
    server.handleUpgrade(request as unknown as IncomingMessage, socket, head, (client: WebSocket) => {
      arrival.status = 101;
      new WsClient({ socket: client, hub, seat, listener, options, onClosed });
    });
    socket.resume(); // the server hands it over paused
  }

  return {
    endpoint: {
      kind: "live",
      name: `the gateway's own ${route}`,
      route,
      access: LIVE_ACCESS,
      timeoutMs: options.timeoutMs,
      async handle() {
        const headers = { upgrade: "websocket", connection: "Upgrade" };
        throw new EdgeError(426, "UPGRADE_REQUIRED", `${route} is a WebSocket: send "Upgrade: websocket"`, headers);
      },
    },
    accepts,
    async upgrade(request, socket, head) {
      const arrival = arrive(request, socket);
      const { requestId, peer } = arrival;
      const onError = (): void => void socket.destroy();
      socket.on("error", onError);
      open.add(socket);
      socket.once("close", () => open.delete(socket));
      try {
        await enter(request, socket, head, arrival);
      } catch (error) {
        const { status, ...problem } = toProblem(error, options.json);
        arrival.status = status;
        const traceId = arrival.span?.trace.traceId;
        logger.info({ method: "GET", route, status, requestId, traceId, peer }, "websocket refused");
        refuse(
          socket,
          status,
          { ...problem.headers, [CONTEXT_HEADERS.requestId]: requestId },
          renderProblem({ status, ...problem }, options.json),
        );
      } finally {
        socket.off("error", onError);
      }
    },
    cut() {
      for (const socket of open) socket.destroy();
    },
  };
}

/** There is no response to write with any more once an upgrade has begun. */
function refuse(socket: Duplex, status: number, headers: Readonly<Record<string, string>>, body: string): void {
  if (!socket.writable) return void socket.destroy();
  const fields = Object.entries({
    ...headers,
    "content-type": JSON_TYPE,
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  });
  socket.on("error", () => {});
  socket.end(renderHead({ status, headers: fields.flat(), own: "" }) + body, () => socket.destroy());
}
