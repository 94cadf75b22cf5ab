import type { Clock } from "@parley/core";
import { withDeadline } from "@parley/core/internal";
import type { HttpMiddleware, Route, RouteHandler, RouteResponse } from "./route.ts";
import { discard } from "./send-response.ts";

/**
 * A route with its middleware, composed once at start; the first is the outermost. Routes without any stay as they are, so that
 * they pay nothing. However long a middleware or a plain handler waits, the request ends at the route's deadline.
 */
export function compose(route: Route, middleware: readonly HttpMiddleware[], clock: Clock): Route {
  if (route.kind === "page") return route;
  const wrapped = middleware.length === 0 ? route.handle : wrap(route.handle, middleware);
  if (wrapped === route.handle && route.kind !== "plain") return route;
  if (route.timeoutMs === Number.POSITIVE_INFINITY) return { ...route, handle: wrapped };
  const handle: RouteHandler = (request, context) =>
    withDeadline(context, async (limited) => wrapped(request, limited), clock);
  return { ...route, handle };
}

/** A body that no middleware passes on is ended, because what feeds it would wait for its reader. */
function wrap(handle: RouteHandler, middleware: readonly HttpMiddleware[]): RouteHandler {
  const bodies = new WeakMap<object, RouteResponse["body"]>();
  const inner: RouteHandler = async (request, context) => {
    const response = await handle(request, context);
    if (isOpaque(response.body)) bodies.set(request, response.body);
    return response;
  };
  const outer = middleware.reduceRight((next, wrapNext) => wrapNext(next), inner);
  return async (request, context) => {
    let response: RouteResponse | undefined;
    try {
      response = await outer(request, context);
      return response;
    } finally {
      const body = bodies.get(request);
      if (body !== undefined && body !== response?.body) discard(body);
    }
  };
}

function isOpaque(body: RouteResponse["body"]): boolean {
  return typeof body === "object" && "pipe" in body && "cancel" in body;
}
