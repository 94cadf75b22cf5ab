import type { CallContext, Logger } from "@parley/core";
import { abortOf, LazyContext } from "@parley/core/internal";
import type { AccessRule } from "@parley/protobuf";
import { parsePathTemplate } from "../../kernel/path-template.ts";
import { JSON_TYPE } from "../../kernel/problem.ts";
import type { Route, RouteResponse } from "../../kernel/route.ts";
import { discard } from "../../kernel/send-response.ts";
import type { ResolvedGatewayOptions } from "../../options.ts";
import { type BackendClients, createClients } from "../backend-clients.ts";
import type { PlainResponse, PlainRoute, RouteContext } from "./plain-route.ts";

/** @throws TypeError for a template that is broken. */
export function plainRoutes(options: ResolvedGatewayOptions): readonly Route[] {
  const client = createClients(options.backends, options.interceptors);
  return options.routes.map((plain): Route => {
    const { method, template, timeoutMs = options.timeoutMs, maxBodyBytes, handle } = plain;
    return {
      kind: "plain",
      method,
      template: parsePathTemplate(template),
      name: `the gateway's routes (${method} ${template})`,
      access: accessOf(plain),
      timeoutMs,
      ...(maxBodyBytes !== undefined && { maxBodyBytes }),
      async handle(request, context) {
        const answer = responseOf(await handle(request, new PlainContext(context, client, options.logger)));
        return request.method === "HEAD" ? withoutPieces(answer) : answer;
      },
    };
  });
}

/** Closed unless it says otherwise. A client of the gateway is a user or nobody, so what services may do is of no effect. */
export function accessOf({ access = "token" }: PlainRoute): AccessRule {
  if (access === "public") return { callers: "anyone", roles: [], services: "allowed" };
  return { callers: "known", roles: access === "token" ? [] : access.roles, services: "allowed" };
}

class PlainContext extends LazyContext implements RouteContext {
  readonly client: BackendClients;
  readonly log: Logger;

  constructor(context: CallContext, client: BackendClients, log: Logger) {
    super(context, abortOf(context));
    this.client = client;
    this.log = log;
  }
}

function responseOf(answer: PlainResponse | undefined): RouteResponse {
  if (answer === undefined) return { status: 204 };
  const { json, body, headers } = answer;
  if (json !== undefined) {
    const content = JSON.stringify(json);
    return { status: answer.status ?? 200, headers: typed(headers, JSON_TYPE), body: content };
  }
  if (body === undefined) return { status: answer.status ?? 204, headers };
  const type = typeof body === "string" ? "text/plain; charset=utf-8" : "application/octet-stream";
  return { status: answer.status ?? 200, headers: typed(headers, type), body };
}

function typed(headers: RouteResponse["headers"], contentType: string): RouteResponse["headers"] {
  const isNamed = Object.keys(headers ?? {}).some((name) => name.toLowerCase() === "content-type");
  return isNamed ? headers : { ...headers, "content-type": contentType };
}

/** The head of a response to HEAD: nothing of a body that would come in pieces is asked for. */
function withoutPieces(answer: RouteResponse): RouteResponse {
  const { body } = answer;
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) return answer;
  discard(body);
  return { ...answer, body: { pipe: (stream) => void stream.end(), cancel: () => {} } };
}
