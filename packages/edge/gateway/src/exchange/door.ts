import { CONTEXT_HEADERS } from "@parley/core/internal";
import { type Authenticate, checkAccess, type Identity, type TokenBearer } from "@parley/identity";
import type { AccessRule } from "@parley/protobuf";
import type { HttpRequest, HttpResponse } from "@parley/wire/internal/http1";
import { DefaultHeaders, EdgeError } from "@parley/wire/internal/http1";
import type { ClientAddress } from "../edge/client-address.ts";
import type { Cors } from "../edge/cors.ts";
import { securityHeaders } from "../edge/security-headers.ts";
import type { RouteMatch, RouteTable } from "../http-rule/route-table.ts";
import type { ResolvedGatewayOptions } from "../options.ts";
import { renderProblem, toProblem } from "../problem/problem.ts";
import { type Answer, type AnswerState, CollectedAnswer } from "./answer.ts";
import type { Endpoint, Exchange } from "./exchange.ts";
import { openContext, requestIdOf } from "./open-context.ts";
import type { RequestSpan, RequestTracer } from "./request-tracer.ts";
import { JSON_TYPE } from "./unary-endpoint.ts";
import { boundPath, createVisit, type Visit } from "./visit.ts";

/** Where every request comes in. */
export interface Door {
  /** Answers one request, whatever it is, now or later. Never throws. */
  readonly answer: (request: HttpRequest, response: HttpResponse) => void;
  /** What answers have that do not set it themselves. */
  readonly defaultHeaders: DefaultHeaders;
  /** From now on each answer, also of a request that is running, asks the client to close the connection. */
  beginDrain(): void;
}

export interface DoorOptions {
  readonly table: RouteTable<Endpoint>;
  readonly authenticate: Authenticate | undefined;
  /** True for a path that needs no token. */
  readonly isPublicPath: (path: string) => boolean;
  readonly cors: Cors | undefined;
  readonly clientAddress: ClientAddress;
  readonly options: ResolvedGatewayOptions;
}

/** A request, before its endpoint is known. */
interface Arrival {
  readonly request: HttpRequest;
  readonly answer: Answer;
  readonly path: string;
  readonly visit: Visit;
}

/** The one way in: finds the endpoint, checks the token, opens the context, and turns every failure into an answer. */
export function createDoor(door: DoorOptions): Door {
  const { table, authenticate, isPublicPath, cors, clientAddress, options } = door;
  const { tracer } = options;
  const scheme = options.tls ? "https" : "http";
  const state: AnswerState = { closing: false };

  function enter(request: HttpRequest, response: HttpResponse): void {
    const requestId = requestIdOf(request.headers, options);
    const visit = createVisit({ request, response, requestId, peer: clientAddress(request) }, options);
    const answer = new CollectedAnswer(response, state);
    answer.header(CONTEXT_HEADERS.requestId, requestId);
    const onError = (error: unknown): void => refuse(error, answer, visit);
    try {
      find(request, answer, visit)?.catch(onError);
    } catch (error) {
      onError(error);
    }
  }

  /** Not an async function, as little before an endpoint waits for anything: the common request has four promises less. */
  function find(request: HttpRequest, answer: Answer, visit: Visit): Promise<void> | undefined {
    const url = originForm(request.url);
    const mark = url.indexOf("?");
    const path = mark < 0 ? url : url.slice(0, mark);
    const { headers, method } = request;
    const match = table.find(method, path);
    if (tracer) visit.span = startSpan(tracer, match, { request, answer, path, visit });
    if (cors?.(request, answer) === "answered") return undefined;
    if (match.kind !== "found") return turnAway(match, { request, answer, path, visit });
    const endpoint = match.value;
    visit.endpoint = endpoint;
    const enterAs = (identity: Identity | undefined): Promise<void> => {
      const { timeoutMs } = endpoint;
      const { requestId, gone, span } = visit;
      const context = openContext({ headers, requestId, timeoutMs, gone, identity, trace: span?.trace }, options);
      visit.context = context;
      const query = mark < 0 ? "" : url.slice(mark + 1);
      const exchange: Exchange = { request, answer, segments: match.segments, query, context, visit };
      return span ? span.run(() => endpoint.handle(exchange)) : endpoint.handle(exchange);
    };
    const { access } = endpoint;
    if (!authenticate || access.callers === "anyone" || isPublicPath(path)) return enterAs(undefined);
    return admit(authenticate, access, headers.authorization, visit).then(enterAs);
  }

  /** Probes come every second: the gateway's own pages have no span, as they have no line in the log. */
  function startSpan(
    requestTracer: RequestTracer,
    match: RouteMatch<Endpoint>,
    { request: { method, headers }, path, visit }: Arrival,
  ): RequestSpan | undefined {
    const endpoint = match.kind === "found" ? match.value : undefined;
    if (endpoint?.kind === "page") return undefined;
    const { peer } = visit;
    return requestTracer.start({
      method,
      path: boundPath(path),
      route: endpoint?.route,
      scheme,
      clientAddress: peer,
      headers,
    });
  }

  /** No endpoint is there for it. Who may not know what is there is not told. */
  async function turnAway(
    match: Exclude<RouteMatch<Endpoint>, { kind: "found" }>,
    { request, answer, path, visit }: Arrival,
  ): Promise<void> {
    const { headers, method } = request;
    if (authenticate && !isPublicPath(path)) await authenticate(headers.authorization, visit);
    if (match.kind === "unknown") throw new EdgeError(404, "NOT_FOUND", `no route for ${method} ${shown(path)}`);
    const allow = [...match.allow, "OPTIONS"].join(", ");
    answer.header("allow", allow);
    if (method === "OPTIONS") return answer.send(204);
    throw new EdgeError(405, "METHOD_NOT_ALLOWED", `${method} is not allowed here; use ${allow}`);
  }

  function refuse(error: unknown, answer: Answer, visit: Visit): void {
    visit.failure = error;
    if (!answer.open) return;
    const problem = toProblem(error, options.json, visit.endpoint?.input);
    for (const [name, value] of Object.entries(problem.headers)) answer.header(name, value);
    answer.send(problem.status, JSON_TYPE, renderProblem(problem, options.json));
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

/** Who asks, where a token is needed. A client is a user or nobody: what services may do on their own is not for it. */
async function admit(
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
