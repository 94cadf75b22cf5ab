import type { DescMethod, Message } from "@bufbuild/protobuf";
import {
  accessRuleOf,
  type CallContext,
  type CallHandler,
  invalidArgument,
  type MessageValidator,
  operationOf,
  ParleyError,
  type Reply,
  runWithContext,
  successStatusOf,
  withDeadline,
} from "@parley/core";
import { missingFields } from "@parley/core/json";
import type { RequestBinding } from "../http-rule/request-binding.ts";
import type { ResponseBinding } from "../http-rule/response-binding.ts";
import type { ResolvedGatewayOptions } from "../options.ts";
import type { Endpoint, Exchange } from "./exchange.ts";
import { forwardMetadata, metadataOf } from "./forward-headers.ts";
import { readJsonBody } from "./read-body.ts";

/** What both kinds of endpoint need: one binding of one method, compiled. */
export interface EndpointParts {
  readonly method: DescMethod;
  /** The full template with the base path, for logs. */
  readonly route: string;
  readonly call: CallHandler;
  /** The target that calls are made to, for logs. */
  readonly peer: string;
  readonly readRequest: RequestBinding;
  readonly writeResponse: ResponseBinding;
  readonly validate: MessageValidator | undefined;
  readonly options: ResolvedGatewayOptions;
}

export const JSON_TYPE = "application/json; charset=utf-8";

/** A unary method: one message in, one JSON body out. */
export function createUnaryEndpoint(parts: EndpointParts): Endpoint {
  const { method, route, call, writeResponse, options } = parts;
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
      const message = requestMessage(parts, exchange, request.body ? await readJsonBody(request, options) : "");
      const metadata = metadataOf(request.headers, options.forwardHeaders);
      const reply = await within(exchange.context, (context) =>
        call({ operation, side: "client", context, metadata, peer: parts.peer, streaming: false, message }),
      );
      const { header, message: response } = unaryReply(reply);
      forwardMetadata(header, answer, options.forwardHeaders);
      if (status === 204) answer.send(status);
      else answer.send(status, JSON_TYPE, writeResponse(response));
    },
  };
}

type Limiter = <T>(context: CallContext, work: (context: CallContext) => Promise<T>) => Promise<T>;

/** A channel ends its calls at their deadline by itself, with no timer for each; interceptors before it may wait for anything. */
function limiterOf({ interceptors, clock }: ResolvedGatewayOptions): Limiter {
  if (interceptors.length > 0) return (context, work) => withDeadline(context, work, clock);
  return (context, work) => runWithContext(context, () => work(context));
}

/** The request as a message that keeps the rules of its contract. */
export function requestMessage(parts: EndpointParts, { segments, query }: Exchange, body: string): Message {
  const message = parts.readRequest({ segments, query, body });
  const { input } = parts.method;
  const missing = missingFields(input, message);
  if (missing.length > 0) throw invalidArgument([...missing]);
  parts.validate?.(input, message);
  return message;
}

function unaryReply(reply: Reply): Extract<Reply, { streaming: false }> {
  if (!reply.streaming) return reply;
  throw new ParleyError("INTERNAL", "internal error", { cause: new Error("a unary call was answered with a stream") });
}
