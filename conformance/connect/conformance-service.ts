import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Any, anyPack } from "@bufbuild/protobuf/wkt";
import { ParleyError, sleep } from "@parley/core";
import { type HandlerContext, implement, type ServiceRegistration } from "@parley/rpc";
import {
  BidiStreamRequestSchema,
  ClientStreamRequestSchema,
  type ConformancePayload_RequestInfo,
  ConformancePayload_RequestInfoSchema,
  type ConformancePayloadSchema,
  ConformanceService,
  IdempotentUnaryRequestSchema,
  ServerStreamRequestSchema,
  type StreamResponseDefinition,
  UnaryRequestSchema,
  type UnaryResponseDefinition,
} from "../gen/connectrpc/conformance/v1/service_pb.ts";
import { errorToThrow } from "./errors.ts";
import { appendHeaders, headersOf } from "./headers.ts";

/** An answer of any method; their response messages are alike. */
interface Answer {
  readonly payload: MessageInitShape<typeof ConformancePayloadSchema>;
}

/** Answers as its requests ask for, and tells what arrived. */
export const conformanceService: ServiceRegistration = implement(ConformanceService, {
  unary: (request, context) => answerOnce(request.responseDefinition, [anyPack(UnaryRequestSchema, request)], context),

  idempotentUnary: (request, context) =>
    answerOnce(request.responseDefinition, [anyPack(IdempotentUnaryRequestSchema, request)], context),

  async clientStream(requests, context) {
    let definition: UnaryResponseDefinition | undefined;
    const received: Any[] = [];
    for await (const request of requests) {
      definition ??= request.responseDefinition;
      received.push(anyPack(ClientStreamRequestSchema, request));
    }
    return answerOnce(definition, received, context);
  },

  async *serverStream(request, context) {
    const { responseDefinition: definition } = request;
    const received = [anyPack(ServerStreamRequestSchema, request)];
    announce(definition, context);
    yield* answerRest(definition, { from: 0, received }, context);
  },

  async *bidiStream(requests, context) {
    let definition: StreamResponseDefinition | undefined;
    let isFullDuplex = false;
    let sent = 0;
    let received: Any[] = [];
    for await (const request of requests) {
      if (!definition) announce(request.responseDefinition, context);
      definition ??= request.responseDefinition;
      isFullDuplex ||= request.fullDuplex;
      received.push(anyPack(BidiStreamRequestSchema, request));
      if (!isFullDuplex) continue;
      const data = definition?.responseData[sent];
      if (!definition || !data) break;
      await sleep(definition.responseDelayMs, { signal: context.signal });
      const requestInfo = sent === 0 ? describeRequest(received, context) : { requests: received };
      yield { payload: { data, requestInfo } };
      sent += 1;
      received = [];
    }
    yield* answerRest(definition, { from: sent, received }, context);
  },

  unimplemented() {
    throw new ParleyError("UNIMPLEMENTED", "this method is not implemented, as the suite wants it");
  },
});

async function answerOnce(
  definition: UnaryResponseDefinition | undefined,
  received: readonly Any[],
  context: HandlerContext,
): Promise<Answer> {
  announce(definition, context);
  await sleep(definition?.responseDelayMs ?? 0, { signal: context.signal });
  const requestInfo = describeRequest(received, context);
  const { case: kind, value } = definition?.response ?? { case: undefined };
  if (kind === "error") throw errorToThrow(value, [anyPack(ConformancePayload_RequestInfoSchema, requestInfo)]);
  return { payload: { requestInfo, ...(kind === "responseData" && { data: value }) } };
}

/** The messages of a stream from some number on, then its error. The very first tells what was received. */
async function* answerRest(
  definition: StreamResponseDefinition | undefined,
  { from, received }: { readonly from: number; readonly received: readonly Any[] },
  context: HandlerContext,
): AsyncGenerator<Answer> {
  if (!definition) return;
  const { responseData, responseDelayMs, error } = definition;
  for (const [index, data] of responseData.entries()) {
    if (index < from) continue;
    await sleep(responseDelayMs, { signal: context.signal });
    yield { payload: { data, ...(index === 0 && { requestInfo: describeRequest(received, context) }) } };
  }
  if (!error) return;
  const hasTold = responseData.length > 0;
  throw errorToThrow(
    error,
    hasTold ? [] : [anyPack(ConformancePayload_RequestInfoSchema, describeRequest(received, context))],
  );
}

/** Sets the headers and trailers that are asked for. */
function announce(
  definition: UnaryResponseDefinition | StreamResponseDefinition | undefined,
  context: HandlerContext,
): void {
  appendHeaders(definition?.responseHeaders ?? [], context.responseHeader);
  appendHeaders(definition?.responseTrailers ?? [], context.responseTrailer);
}

function describeRequest(received: readonly Any[], context: HandlerContext): ConformancePayload_RequestInfo {
  const leftMs = Math.max(0, context.deadlineMs - Date.now());
  return create(ConformancePayload_RequestInfoSchema, {
    requestHeaders: headersOf(context.header),
    requests: [...received],
    ...(Number.isFinite(leftMs) && { timeoutMs: BigInt(Math.floor(leftMs)) }),
  });
}
