import { once } from "node:events";
import type { AccessRule } from "@parley/protobuf";
import type { ClientAddress } from "../edge/client-address.ts";
import type { Endpoint } from "../exchange/exchange.ts";
import { parseQueryString } from "../http-rule/query-string.ts";
import type { ResolvedGatewayOptions } from "../options.ts";
import { createLiveFilter } from "./live-filter.ts";
import type { LiveHub } from "./live-hub.ts";
import { ownerOf } from "./owner.ts";
import { readWanted } from "./read-wanted.ts";
import { SseClient } from "./sse-client.ts";

/** Any user; services have the bus. */
export const LIVE_ACCESS: AccessRule = { callers: "known", roles: [], services: "refused" };

const CONTENT_TYPE = "text/event-stream; charset=utf-8";

/** `GET <basePath>/events?events=a,b&resources=courses/7`, until the client leaves or its token expires. */
export function createSseEndpoint(
  hub: LiveHub,
  options: ResolvedGatewayOptions,
  clientAddress: ClientAddress,
): Endpoint {
  const route = `${options.basePath}/events`;
  return {
    kind: "live",
    name: `the gateway's own ${route}`,
    route,
    access: LIVE_ACCESS,
    timeoutMs: Number.POSITIVE_INFINITY,
    async handle({ request, answer, query, context: listener }) {
      const filter = createLiveFilter(readWanted(parseQueryString(query)), hub.names);
      const seat = await hub.enter(ownerOf(listener, clientAddress(request)));
      if (!answer.open || listener.signal.aborted) return seat.leave();
      answer.header("cache-control", "no-store");
      answer.header("x-accel-buffering", "no"); // nginx would hold events back
      const raw = answer.begin(200, CONTENT_TYPE);
      if (request.method === "HEAD") {
        seat.leave();
        raw.end();
        return;
      }
      const header = request.headers["last-event-id"];
      const after = typeof header === "string" && header !== "" ? header : undefined;
      new SseClient({ raw, hub, seat, filter, listener, after, options });
      if (!raw.closed) await once(raw, "close");
    },
  };
}
