import type { IncomingMessage } from "node:http";
import { EdgeError } from "@parley/wire/internal/http1";
import { type WebSocket, WebSocketServer } from "ws";
import { parsePathTemplate } from "../kernel/path-template.ts";
import type { Route, UpgradeRequest } from "../kernel/route.ts";
import type { ResolvedGatewayOptions } from "../options.ts";
import type { LiveHub } from "./live-hub.ts";
import { quotaKey } from "./quota-key.ts";
import { LIVE_ACCESS } from "./sse-route.ts";
import { WsClient } from "./ws-client.ts";
import { isOriginAllowed } from "./ws-origin.ts";
import { authorizationOf, PROTOCOL } from "./ws-token.ts";

/** What `ws` answers to a handshake that it cannot take. */
const BAD_HANDSHAKE = 400;
/** Clients only ask; what they say is short. */
const MAX_MESSAGE_BYTES = 32_768;
const MAX_FRAGMENTS = 64;

/**
 * Takes upgrades with `ws`. Compression is off: it costs memory per client that nothing bounds (websockets/ws#1617), and
 * TLS terminators compress nothing either.
 */
export function createWebSocketRoute(hub: LiveHub, options: ResolvedGatewayOptions): Route {
  const path = `${options.basePath}/ws`;
  const { logger } = options;
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

  async function upgrade({
    request,
    socket,
    head,
    requestId,
    peer,
    authorize,
    answered,
    leave,
  }: UpgradeRequest): Promise<void> {
    if (!isOriginAllowed(request, options.cors)) {
      throw new EdgeError(
        403,
        "FORBIDDEN",
        `pages of ${request.headers.origin} may not connect: cors.origins lists those that may`,
      );
    }
    const listener = await authorize(authorizationOf(request.headers));
    const slot = await hub.enter(quotaKey(listener, peer));
    const startedMs = performance.now();
    const onClosed = (code: number, reason: string): void => {
      leave();
      const durationMs = Math.round(performance.now() - startedMs);
      const { traceId } = listener.trace;
      logger.info(
        { method: "GET", route: path, status: 101, durationMs, requestId, traceId, peer, code, reason },
        "websocket",
      );
    };
    if (socket.destroyed) return slot.leave();
    socket.once("close", slot.leave); // also where the handshake itself is refused
    // Of a request `ws` reads the method and the headers.
    answered(BAD_HANDSHAKE); // unless the callback is called, which it is at once
    server.handleUpgrade(request as unknown as IncomingMessage, socket, head, (client: WebSocket) => {
      answered(101);
      new WsClient({ socket: client, hub, slot, listener, options, onClosed });
    });
    socket.resume(); // the server hands it over paused
  }

  return {
    kind: "live",
    name: `the gateway's own ${path}`,
    method: "GET",
    template: parsePathTemplate(path),
    access: LIVE_ACCESS,
    timeoutMs: options.timeoutMs,
    upgrade: { protocol: "websocket", handle: upgrade },
    handle() {
      const headers = { upgrade: "websocket", connection: "Upgrade" };
      throw new EdgeError(426, "UPGRADE_REQUIRED", `${path} is a WebSocket: send "Upgrade: websocket"`, headers);
    },
  };
}
