import { create, type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import { Metadata, sleep } from "@parley/core";
import { type CallOptions, type Channel, type Client, createClient } from "@parley/rpc";
import {
  type ClientCompatRequest,
  type ClientResponseResult,
  ClientResponseResultSchema,
  StreamType,
} from "../gen/connectrpc/conformance/v1/compat_pb.ts";
import {
  BidiStreamRequestSchema,
  ClientStreamRequestSchema,
  type ConformancePayload,
  ConformancePayloadSchema,
  ConformanceService,
  ErrorSchema,
  HeaderSchema,
  IdempotentUnaryRequestSchema,
  ServerStreamRequestSchema,
  UnaryRequestSchema,
  UnimplementedRequestSchema,
} from "../gen/connectrpc/conformance/v1/service_pb.ts";
import { type Cancellation, createCancellation } from "./cancellation.ts";
import { describeError } from "./errors.ts";
import { appendHeaders, headersOf } from "./headers.ts";
import { createTurns, type Turns } from "./turns.ts";

/** A reply of any method. */
interface Reply {
  readonly payload?: ConformancePayload | undefined;
}

/** What belongs to one call. */
interface Invocation {
  readonly request: ClientCompatRequest;
  readonly client: Client<typeof ConformanceService>;
  readonly options: CallOptions;
  readonly cancellation: Cancellation;
  readonly turns: Turns;
  readonly result: ClientResponseResult;
}

/** Makes the call that is asked for; its failure is part of the result. @throws TypeError if there is no such method. */
export async function invoke(request: ClientCompatRequest, channel: Channel): Promise<ClientResponseResult> {
  const result = create(ClientResponseResultSchema, { numUnsentRequests: request.requestMessages.length });
  using cancellation = createCancellation(request.cancel?.cancelTiming);
  const turns = createTurns();
  const options: CallOptions = {
    timeoutMs: request.timeoutMs ?? Number.POSITIVE_INFINITY,
    signal: cancellation.signal,
    metadata: appendHeaders(request.requestHeaders, new Metadata()),
    onHeader: (header) => {
      result.responseHeaders = describeHeaders(header);
    },
    onTrailer: (trailer) => {
      result.responseTrailers = describeHeaders(trailer);
    },
  };
  const client = createClient(ConformanceService, channel);
  const replies = call({ request, client, options, cancellation, turns, result });
  try {
    for await (const { payload } of replies) {
      result.payloads.push(payload ?? create(ConformancePayloadSchema));
      turns.replied();
      cancellation.afterReplies(result.payloads.length);
    }
  } catch (error) {
    result.error = create(ErrorSchema, describeError(error));
  } finally {
    turns.end();
  }
  return result;
}

/** Calls the method by its name. A single reply is a stream of one. */
function call(invocation: Invocation): AsyncIterable<Reply> {
  const { request, client, options } = invocation;
  switch (request.method) {
    case "Unary":
      return one(client.unary(single(UnaryRequestSchema, invocation), options));
    case "IdempotentUnary":
      return one(client.idempotentUnary(single(IdempotentUnaryRequestSchema, invocation), options));
    case "Unimplemented":
      return one(client.unimplemented(single(UnimplementedRequestSchema, invocation), options).then(() => ({})));
    case "ServerStream":
      return client.serverStream(single(ServerStreamRequestSchema, invocation), options);
    case "ClientStream":
      return one(client.clientStream(several(ClientStreamRequestSchema, invocation), options));
    case "BidiStream":
      return client.bidiStream(several(BidiStreamRequestSchema, invocation), options);
    default:
      throw new TypeError(`the service has no method ${request.method ?? "without a name"}`);
  }
}

/** The request of a method that takes one. It counts as sent, and the sending as ended, with the call. */
function single<M extends DescMessage>(schema: M, { request, cancellation, result }: Invocation): MessageShape<M> {
  const [message] = request.requestMessages;
  if (!message) throw new TypeError(`${request.method} takes a message, and there is none`);
  result.numUnsentRequests = 0;
  cancellation.afterSending();
  return fromBinary(schema, message.value);
}

/** The requests of a method that takes a stream, each after its pause and, in full duplex, after the reply to the one before. */
async function* several<M extends DescMessage>(
  schema: M,
  { request, cancellation, turns, result }: Invocation,
): AsyncGenerator<MessageShape<M>> {
  const isFullDuplex = request.streamType === StreamType.FULL_DUPLEX_BIDI_STREAM;
  for (const [index, message] of request.requestMessages.entries()) {
    await sleep(request.requestDelayMs);
    result.numUnsentRequests -= 1;
    yield fromBinary(schema, message.value);
    if (isFullDuplex && !(await turns.reached(index + 1))) return;
  }
  cancellation.beforeCloseSend();
  cancellation.afterSending();
}

async function* one(reply: Promise<Reply>): AsyncGenerator<Reply> {
  yield await reply;
}

function describeHeaders(metadata: Metadata) {
  return headersOf(metadata).map((header) => create(HeaderSchema, header));
}
