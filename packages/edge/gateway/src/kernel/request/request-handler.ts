import { CONTEXT_HEADERS } from "@parley/core/internal";
import { type Authenticate, checkAccess, type Identity, type TokenBearer } from "@parley/identity";
import type { AccessRule } from "@parley/protobuf";
import type { HttpRequest, HttpResponse } from "@parley/wire/internal/http1";
import { DefaultHeaders, EdgeError } from "@parley/wire/internal/http1";
import type { ResolvedKernelOptions } from "../kernel-options.ts";
import { JSON_TYPE, renderProblem, toProblem } from "../problem.ts";
import type { BodyLimits } from "../read-body.ts";
import type { Route, RouteResponse } from "../route.ts";
import { RouteRequest } from "../route-request.ts";
import type { RouteMatch, RouteTable } from "../route-table.ts";
import { sendResponse } from "../send-response.ts";
import { type Answer, type AnswerState, CollectedAnswer } from "./answer.ts";
import type { ClientAddress } from "./client-address.ts";
import type { Cors } from "./cors.ts";
import { openContext, requestIdOf } from "./open-context.ts";
import { boundPath, createRequestRecord, type RequestRecord } from "./request-record.ts";
import type { RequestSpan, RequestTracer } from "./request-tracer.ts";
import { securityHeaders } from "./security-headers.ts";

/** Where every request comes in. */
export interface RequestHandler {
  /** Answers one request, whatever it is, now or later. Never throws. */
  readonly answer: (request: HttpRequest, response: HttpResponse) => void;
  /** What answers have that do not set it themselves. */
  readonly defaultHeaders: DefaultHeaders;
  /** From now on each answer, also of a request that is running, asks the client to close the connection. */
  beginDrain(): void;
}

export interface RequestHandlerOptions {
  readonly table: RouteTable<Route>;
  readonly authenticate: Authenticate | undefined;
  /** True for a path that needs no token. */
  readonly isPublicPath: (path: string) => boolean;
  readonly cors: Cors | undefined;
  readonly clientAddress: ClientAddress;
  readonly bodyLimits: BodyLimits;
  readonly options: ResolvedKernelOptions;
}

/** A request, before its route is known. */
interface Arrival {
  readonly request: HttpRequest;
  readonly answer: Answer;
  readonly path: string;
  readonly visit: RequestRecord;
}

/** The one way in: finds the route, checks the token, opens the context, and turns every failure into an answer. */
export function createRequestHandler(door: RequestHandlerOptions): RequestHandler {
  const { table, authenticate, isPublicPath, cors, clientAddress, bodyLimits, options } = door;
  const { tracer } = options;
  const scheme = options.tls ? "https" : "http";
  const state: AnswerState = { closing: false };

  function enter(request: HttpRequest, response: HttpResponse): void {
    const requestId = requestIdOf(request.headers, options);
    const visit = createRequestRecord({ request, response, requestId, peer: clientAddress(request) }, options);
    const answer = new CollectedAnswer(response, state);
    answer.header(CONTEXT_HEADERS.requestId, requestId);
    const onError = (error: unknown): void => refuse(error, answer, visit);
    const onResponse = (answered: RouteResponse | undefined): void => {
      if (answered === undefined) return;
      try {
        sendResponse(answered, answer, options, onError);
      } catch (error) {
        // The problem must not have the header that could not be sent.
        const fresh = new CollectedAnswer(response, state);
        fresh.header(CONTEXT_HEADERS.requestId, requestId);
        cors?.(request, fresh);
        refuse(error, fresh, visit);
      }
    };
    try {
      find(request, answer, visit)?.then(onResponse, onError);
    } catch (error) {
      onError(error);
    }
  }

  /** Not an async function, as little before a handler waits for anything: the common request has four promises less. */
  function find(
    request: HttpRequest,
    answer: Answer,
    visit: RequestRecord,
  ): Promise<RouteResponse | undefined> | undefined {
    const url = originForm(request.url);
    const mark = url.indexOf("?");
    const path = mark < 0 ? url : url.slice(0, mark);
    const { headers, method } = request;
    const match = table.find(method, path);
    if (tracer) visit.span = startSpan(tracer, match, { request, answer, path, visit });
    if (cors?.(request, answer) === "answered") return undefined;
    if (match.kind !== "found") return rejectUnmatched(match, { request, answer, path, visit });
    const route = match.value;
    visit.route = route;
    const enterAs = (identity: Identity | undefined): Promise<RouteResponse> => {
      const { timeoutMs, maxBodyBytes } = route;
      const { requestId, gone, peer, span } = visit;
      const context = openContext({ headers, requestId, timeoutMs, gone, identity, trace: span?.trace }, options);
      visit.context = context;
      const target = { segments: match.segments, queryString: mark < 0 ? "" : url.slice(mark + 1) };
      const limits = maxBodyBytes === undefined ? bodyLimits : { ...bodyLimits, maxBodyBytes };
      const routed = new RouteRequest(route, request, target, peer, limits);
      const response = span ? span.run(() => route.handle(routed, context)) : route.handle(routed, context);
      return response instanceof Promise ? response : Promise.resolve(response);
    };
    const { access } = route;
    if (!authenticate || access.callers === "anyone" || isPublicPath(path)) return enterAs(undefined);
    return authorize(authenticate, access, headers.authorization, visit).then(enterAs);
  }

  /** Probes come every second: the gateway's own pages have no span, as they have no line in the log. */
  function startSpan(
    requestTracer: RequestTracer,
    match: RouteMatch<Route>,
    { request: { method, headers }, path, visit }: Arrival,
  ): RequestSpan | undefined {
    const route = match.kind === "found" ? match.value : undefined;
    if (route?.kind === "page") return undefined;
    return requestTracer.start({
      method,
      path: boundPath(path),
      route: route?.template.text,
      scheme,
      clientAddress: visit.peer,
      headers,
    });
  }

  /** No route matched. Unauthenticated clients get 401 rather than 404, so that routes cannot be enumerated. */
  async function rejectUnmatched(
    match: Exclude<RouteMatch<Route>, { kind: "found" }>,
    { request, answer, path, visit }: Arrival,
  ): Promise<RouteResponse> {
    const { headers, method } = request;
    if (authenticate && !isPublicPath(path)) await authenticate(headers.authorization, visit);
    if (match.kind === "unknown") throw new EdgeError(404, "NOT_FOUND", `no route for ${method} ${shown(path)}`);
    const allow = [...match.allow, "OPTIONS"].join(", ");
    answer.header("allow", allow);
    if (method === "OPTIONS") return { status: 204 };
    throw new EdgeError(405, "METHOD_NOT_ALLOWED", `${method} is not allowed here; use ${allow}`);
  }

  function refuse(error: unknown, answer: Answer, visit: RequestRecord): void {
    visit.failure = error;
    if (!answer.open) return;
    const problem = toProblem(error, visit.route?.fieldName);
    for (const [name, value] of Object.entries(problem.headers)) answer.header(name, value);
    answer.header("content-type", JSON_TYPE);
    answer.send(problem.status, renderProblem(problem, options.json.errors));
  }

  return {
    answer: enter,
    defaultHeaders: new DefaultHeaders(securityHeaders(options.tls ? "tls" : "plain")),
    beginDrain() {
      state.closing = true;
    },
  };
}

/** RFC 9112 section 3.2.2: a target may be a whole URL; what counts is its path and query. */
function originForm(target: string): string {
  return target.startsWith("/") ? target : target.replace(/^https?:\/\/[^/?]*\/?/i, "/");
}

/** The identity of a caller that needs a token. A client is a user or nobody: what services may do on their own is not for it. */
export async function authorize(
  authenticate: Authenticate,
  access: AccessRule,
  authorization: string | undefined,
  bearer: TokenBearer,
): Promise<Identity> {
  const identity = await authenticate(authorization, bearer);
  checkAccess(access, { principal: identity.principal, service: undefined });
  return identity;
}

/** A path as an error shows it. */
function shown(path: string): string {
  return path.length > 128 ? `${path.slice(0, 128)}…` : path;
}
