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
import { successStatusOf } from "@parley/protobuf";
import { missingFields } from "@parley/protobuf/internal";
import type { MessageValidator } from "@parley/protobuf/validation";
import { JSON_TYPE } from "../kernel/problem.ts";
import { decodeUtf8, refuseCompressed, requireJson } from "../kernel/read-body.ts";
import type { RouteHandler } from "../kernel/route.ts";
import type { RouteRequest } from "../kernel/route-request.ts";
import type { ResolvedGatewayOptions } from "../options.ts";
import { forwardedMetadata, metadataOf } from "./forward-headers.ts";
import { type EnumEncoding, takeAlt } from "./http-rule/alt.ts";
import type { RawContent } from "./http-rule/http-body.ts";
import type { RequestBinding, RequestParts } from "./http-rule/request-binding.ts";
import type { ResponseBinding } from "./http-rule/response-binding.ts";

/** What both kinds of handler need: one binding of one method, compiled. */
export interface EndpointParts {
  readonly method: DescMethod;
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
  /** Names the fields of violations as clients know them. */
  readonly fieldName: (path: string) => string;
  readonly options: ResolvedGatewayOptions;
}

const JSON_HEADERS = { "content-type": JSON_TYPE };

/** A unary method: one message in, one JSON body out. */
export function createUnaryHandler(parts: EndpointParts): RouteHandler {
  const { method, call, writeResponse, rawResponse, options } = parts;
  const operation = operationOf(method);
  const status = successStatusOf(method);
  const within = limiterOf(options);
  const forwards = options.forwardHeaders.response.length > 0;
  return async (request, outer) => {
    const alt = takeAlt(request.queryString);
    const body = request.body || parts.takes === "raw" ? await readBody(parts, request) : "";
    const message = requestMessage(parts, {
      segments: request.segments,
      query: alt ? alt.query : request.queryString,
      body,
    });
    const metadata = metadataOf(request.headers, options.forwardHeaders);
    const reply = await within(outer, (context) =>
      call({ operation, side: "client", context, metadata, peer: parts.peer, streaming: false, message }),
    );
    const { header, message: response } = unaryReply(reply);
    const forwarded = forwards ? forwardedMetadata(header, options.forwardHeaders) : undefined;
    if (status === 204) return { status, headers: forwarded };
    if (!rawResponse) {
      const headers = forwarded ? { ...forwarded, ...JSON_HEADERS } : JSON_HEADERS;
      return { status, headers, body: writeResponse[alt ? alt.enums : "names"](response) };
    }
    const { contentType, data } = rawResponse(response);
    return { status, headers: { ...forwarded, "content-type": contentType }, body: data };
  };
}

type Limiter = <T>(context: CallContext, work: (context: CallContext) => Promise<T>) => Promise<T>;

/** A channel ends its calls at their deadline by itself, with no timer for each; interceptors before it may wait for anything. */
function limiterOf({ interceptors, clock }: ResolvedGatewayOptions): Limiter {
  if (interceptors.length > 0) return (context, work) => withDeadline(context, work, clock);
  return (context, work) => runWithContext(context, () => work(context));
}

/**
 * The body as the rule takes it: the text of JSON, or what it is. The type is judged only if there is content.
 * @throws EdgeError as {@link RouteRequest.bytes}, 415 for a type that the rule does not take, 400 for text that is not UTF-8.
 */
export async function readBody({ takes }: EndpointParts, request: RouteRequest): Promise<string | RawContent> {
  const data = await request.bytes();
  if (takes === "raw") {
    if (data.length > 0) refuseCompressed(request.raw);
    return { contentType: request.headers["content-type"] ?? "", data };
  }
  if (data.length === 0) return "";
  requireJson(request.raw);
  return decodeUtf8(data);
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
