import type { RouteBackground } from "../kernel/create-kernel.ts";
import type { Route } from "../kernel/route.ts";
import type { ResolvedGatewayOptions } from "../options.ts";
import { createLiveHub } from "./live-hub.ts";
import { createSseRoute } from "./sse-route.ts";
import { createWebSocketRoute } from "./websocket-upgrade.ts";

/** Live events of one gateway. */
export interface Realtime extends RouteBackground {
  readonly routes: readonly Route[];
}

/** Undefined where the gateway has no live events. */
export function createRealtime(options: ResolvedGatewayOptions): Realtime | undefined {
  if (!options.realtime) return undefined;
  const hub = createLiveHub(options, options.realtime);
  return {
    routes: [createSseRoute(hub, options), createWebSocketRoute(hub, options)],
    readings: () => ({ liveClients: hub.count(), liveResets: hub.resets }),
    start: () => hub.start(),
    close: (signal) => hub.close(signal),
  };
}
