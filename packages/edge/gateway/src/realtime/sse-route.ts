import type { AccessRule } from "@parley/protobuf";
import { parsePathTemplate } from "../kernel/path-template.ts";
import { parseQueryString } from "../kernel/query-string.ts";
import type { Route } from "../kernel/route.ts";
import type { ResolvedGatewayOptions } from "../options.ts";
import { createLiveFilter } from "./live-filter.ts";
import type { LiveHub } from "./live-hub.ts";
import { quotaKey } from "./quota-key.ts";
import { readWanted } from "./read-wanted.ts";
import { SseClient } from "./sse-client.ts";

/** Any user; services have the bus. */
export const LIVE_ACCESS: AccessRule = { callers: "known", roles: [], services: "refused" };

const CONTENT_TYPE = "text/event-stream; charset=utf-8";

/** `GET <basePath>/events?events=a,b&resources=courses/7`, until the client leaves or its token expires. */
export function createSseRoute(hub: LiveHub, options: ResolvedGatewayOptions): Route {
  const path = `${options.basePath}/events`;
  return {
    kind: "live",
    name: `the gateway's own ${path}`,
    method: "GET",
    template: parsePathTemplate(path),
    access: LIVE_ACCESS,
    timeoutMs: Number.POSITIVE_INFINITY,
    async handle({ method, headers, queryString, peer }, listener) {
      const filter = createLiveFilter(readWanted(parseQueryString(queryString)), hub.names);
      const slot = await hub.enter(quotaKey(listener, peer));
      const lastId = headers["last-event-id"];
      const after = typeof lastId === "string" && lastId !== "" ? lastId : undefined;
      return {
        status: 200,
        headers: {
          "cache-control": "no-store",
          "x-accel-buffering": "no", // nginx would hold events back
          "content-type": CONTENT_TYPE,
        },
        body: {
          pipe(stream) {
            if (method !== "HEAD")
              return void new SseClient({ raw: stream, hub, slot, filter, listener, after, options });
            slot.leave();
            stream.end();
          },
          cancel: () => slot.leave(),
        },
      };
    },
  };
}
