import type { DescMethod, Message } from "@bufbuild/protobuf";
import {
  type CallContext,
  type CallHandler,
  invalidArgument,
  operationOf,
  ParleyError,
  type Reply,
  runWithContext,
} from "@parley/core";
import { withDeadline } from "@parley/core/internal";
import { accessRuleOf, successStatusOf } from "@parley/protobuf";
import { missingFields } from "@parley/protobuf/internal";
import type { MessageValidator } from "@parley/protobuf/validation";
import type { HttpRequest } from "@parley/wire/internal/http1";
import { type EnumEncoding, takeAlt } from "../http-rule/alt.ts";
import type { RawContent } from "../http-rule/http-body.ts";
import type { RequestBinding, RequestParts } from "../http-rule/request-binding.ts";
import type { ResponseBinding } from "../http-rule/response-binding.ts";
import type { ResolvedGatewayOptions } from "../options.ts";
import type { Endpoint } from "./exchange.ts";
import { forwardMetadata, metadataOf } from "./forward-headers.ts";
import { type BodyLimits, readJsonBody, readRawBody } from "./read-body.ts";

/** What both kinds of endpoint need: one binding of one method, compiled. */
export interface EndpointParts {
  readonly method: DescMethod;
  /** The full template with the base path, for logs. */
  readonly route: string;
  readonly call: CallHandler;
  /** The target that calls are made to, for logs. */
  readonly peer: string;
  /** Whether the request's body is taken as it is, in place of JSON. */
  readonly takes: "json" | "raw";
  readonly readRequest: RequestBinding;
  /** By how the client asks for the values of enums. */
  readonly writeResponse: Readonly<Record<EnumEncoding, ResponseBinding>>;
  /** What an answer is where it is no JSON. */
  readonly rawResponse: ((response: Message) => RawContent) | undefined;
  readonly validate: MessageValidator | undefined;
  readonly bodyLimits: BodyLimits;
  readonly options: ResolvedGatewayOptions;
}

export const JSON_TYPE = "application/json; charset=utf-8";

/** A unary method: one message in, one JSON body out. */
export function createUnaryEndpoint(parts: EndpointParts): Endpoint {
  const { method, route, call, writeResponse, rawResponse, options } = parts;
  const operation = operationOf(method);
  const status = successStatusOf(method);
  const within = limiterOf(options);
  return {
    kind: "method",
    name: operation.path,
    route,
    access: accessRuleOf(method),
    timeoutMs: options.timeoutMs,
    input: method.input,
    async handle(exchange) {
      const { request, answer } = exchange;
      const alt = takeAlt(exchange.query);
      const body = request.body || parts.takes === "raw" ? await readBody(parts, request) : "";
      const message = requestMessage(parts, {
        segments: exchange.segments,
        query: alt ? alt.query : exchange.query,
        body,
      });
      const metadata = metadataOf(request.headers, options.forwardHeaders);
      const reply = await within(exchange.context, (context) =>
        call({ operation, side: "client", context, metadata, peer: parts.peer, streaming: false, message }),
      );
      const { header, message: response } = unaryReply(reply);
      forwardMetadata(header, answer, options.forwardHeaders);
      if (status === 204) return answer.send(status);
      if (!rawResponse) return answer.send(status, JSON_TYPE, writeResponse[alt ? alt.enums : "names"](response));
      const { contentType, data } = rawResponse(response);
      answer.send(status, contentType, data);
    },
  };
}

type Limiter = <T>(context: CallContext, work: (context: CallContext) => Promise<T>) => Promise<T>;

/** A channel ends its calls at their deadline by itself, with no timer for each; interceptors before it may wait for anything. */
function limiterOf({ interceptors, clock }: ResolvedGatewayOptions): Limiter {
  if (interceptors.length > 0) return (context, work) => withDeadline(context, work, clock);
  return (context, work) => runWithContext(context, () => work(context));
}

/** The body as the rule takes it. */
export function readBody({ takes, bodyLimits }: EndpointParts, request: HttpRequest): Promise<string | RawContent> {
  return takes === "raw" ? readRawBody(request, bodyLimits) : readJsonBody(request, bodyLimits);
}

/** The request as a message that keeps the rules of its contract. */
export function requestMessage(parts: EndpointParts, request: RequestParts): Message {
  const message = parts.readRequest(request);
  const { input } = parts.method;
  const missing = missingFields(input, message);
  if (missing.length > 0) throw invalidArgument([...missing]);
  parts.validate?.(message);
  return message;
}

function unaryReply(reply: Reply): Extract<Reply, { streaming: false }> {
  if (!reply.streaming) return reply;
  throw new ParleyError("INTERNAL", "internal error", { cause: new Error("a unary call was answered with a stream") });
}
