import type { Duplex } from "node:stream";
import { CONTEXT_HEADERS, LazyAbort } from "@parley/core/internal";
import type { Authenticate } from "@parley/identity";
import type { HttpRequest } from "@parley/wire/internal/http1";
import { renderHead } from "@parley/wire/internal/http1";
import type { ResolvedKernelOptions } from "./kernel-options.ts";
import { JSON_TYPE, renderProblem, toProblem } from "./problem.ts";
import type { ClientAddress } from "./request/client-address.ts";
import { openContext, requestIdOf } from "./request/open-context.ts";
import { authorize } from "./request/request-handler.ts";
import { boundPath } from "./request/request-record.ts";
import type { Route } from "./route.ts";
import type { RouteTable } from "./route-table.ts";

/** Requests for another protocol, at the routes that take them. */
export interface Upgrades {
  /** Whether a request is an upgrade that a route takes; any other is an ordinary request (RFC 9110 section 7.8). */
  accepts(request: HttpRequest): boolean;
  /** Never rejects. */
  handle(request: HttpRequest, socket: Duplex, head: Buffer): Promise<void>;
  /** Cuts off what is still open: the HTTP server no longer knows these connections. */
  cut(): void;
}

export interface UpgradeOptions {
  readonly table: RouteTable<Route>;
  readonly authenticate: Authenticate | undefined;
  readonly isPublicPath: (path: string) => boolean;
  readonly clientAddress: ClientAddress;
  readonly options: ResolvedKernelOptions;
}

export function createUpgrades({
  table,
  authenticate,
  isPublicPath,
  clientAddress,
  options,
}: UpgradeOptions): Upgrades {
  const { logger } = options;
  const open = new Set<Duplex>();

  function routeOf({ url, headers }: HttpRequest): (Route & Required<Pick<Route, "upgrade">>) | undefined {
    const protocol = headers.upgrade?.toLowerCase();
    if (protocol === undefined) return undefined;
    const match = table.find("GET", url.split("?", 1)[0] ?? "");
    if (match.kind !== "found" || match.value.upgrade?.protocol !== protocol) return undefined;
    return match.value as Route & Required<Pick<Route, "upgrade">>;
  }

  return {
    accepts: (request) => routeOf(request) !== undefined,
    async handle(request, socket, head) {
      const route = routeOf(request);
      if (!route) return void socket.destroy(); // only what `accepts` has taken comes here
      const { method, url, headers } = request;
      const { text } = route.template;
      const requestId = requestIdOf(headers, options);
      const peer = clientAddress(request);
      const span = options.tracer?.start({
        method,
        path: boundPath(url),
        route: text,
        scheme: options.tls ? "https" : "http",
        clientAddress: peer,
        headers,
      });
      let answered: number | undefined;
      if (span) {
        socket.once("close", () => {
          span.end({ status: answered, failure: answered === undefined ? "CANCELLED" : undefined });
        });
      }
      const gone = new LazyAbort();
      const onError = (): void => void socket.destroy();
      socket.on("error", onError);
      open.add(socket);
      socket.once("close", () => open.delete(socket));
      try {
        await route.upgrade.handle({
          request,
          socket,
          head,
          requestId,
          peer,
          async authorize(authorization) {
            const { access } = route;
            const isOpen = access.callers === "anyone" || isPublicPath(url.split("?", 1)[0] ?? "");
            const identity =
              authenticate && !isOpen
                ? await authorize(authenticate, access, authorization, { requestId, peer })
                : undefined;
            return openContext(
              {
                headers: { ...headers, authorization },
                requestId,
                timeoutMs: Number.POSITIVE_INFINITY,
                gone,
                identity,
                trace: span?.trace,
              },
              options,
            );
          },
          answered: (status) => {
            answered = status;
          },
          leave: () => gone.abort(new Error("the client went away")),
        });
      } catch (error) {
        const { status, ...problem } = toProblem(error);
        answered = status;
        const traceId = span?.trace.traceId;
        logger.info(
          { method: "GET", route: text, status, requestId, traceId, peer },
          `${route.upgrade.protocol} refused`,
        );
        const own = { ...problem.headers, [CONTEXT_HEADERS.requestId]: requestId };
        refuse(socket, status, own, renderProblem({ status, ...problem }, options.json.errors));
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
