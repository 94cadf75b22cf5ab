import type { Duplex } from "node:stream";
import type { Authenticate } from "@parley/identity";
import type { HttpRequest } from "@parley/wire/internal/http1";
import type { ClientAddress } from "../edge/client-address.ts";
import type { Endpoint } from "../exchange/exchange.ts";
import type { ResolvedGatewayOptions } from "../options.ts";
import { createLiveHub } from "./live-hub.ts";
import type { ResetCode } from "./live-reader.ts";
import { createSseEndpoint } from "./sse-endpoint.ts";
import { createWsDoor } from "./ws-door.ts";

/** Live events of one gateway. */
export interface Realtime {
  readonly endpoints: readonly Endpoint[];
  /** Whether an upgrade is for here. */
  accepts(request: HttpRequest): boolean;
  /** Takes an upgrade. Never rejects. */
  upgrade(request: HttpRequest, socket: Duplex, head: Buffer): Promise<void>;
  /** How many there are, by how they are connected. */
  clients(): Readonly<Record<"sse" | "websocket", number>>;
  /** Live clients that got a reset, by reason: events may be missing. */
  readonly resets: ReadonlyMap<ResetCode, number>;
  /** Begins to hear events. */
  start(): void;
  /** Ends all clients, at once when the signal aborts, and stops hearing events. */
  close(signal?: AbortSignal): Promise<void>;
}

export interface RealtimeParts {
  readonly authenticate: Authenticate | undefined;
  readonly isPublicPath: (path: string) => boolean;
  readonly clientAddress: ClientAddress;
  readonly options: ResolvedGatewayOptions;
}

/** Undefined where the gateway has no live events. */
export function createRealtime(parts: RealtimeParts): Realtime | undefined {
  const { options, clientAddress } = parts;
  if (!options.realtime) return undefined;
  const hub = createLiveHub(options, options.realtime);
  const ws = createWsDoor({ ...parts, hub });
  return {
    endpoints: [createSseEndpoint(hub, options, clientAddress), ws.endpoint],
    accepts: ws.accepts,
    upgrade: ws.upgrade,
    clients: () => hub.count(),
    resets: hub.resets,
    start: () => hub.start(),
    async close(signal) {
      if (signal?.aborted) ws.cut();
      signal?.addEventListener("abort", ws.cut, { once: true });
      await hub.close(signal);
    },
  };
}
