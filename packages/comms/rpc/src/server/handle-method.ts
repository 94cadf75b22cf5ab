import type { Message } from "@bufbuild/protobuf";
import {
  type Call,
  type CallHandler,
  Metadata,
  type Operation,
  ParleyError,
  type StreamingCall,
  type StreamingReply,
  toParleyError,
  type UnaryCall,
  type UnaryReply,
} from "@parley/core";
import { messageCodecOf } from "@parley/protobuf";
import type { MessageValidator } from "@parley/protobuf/validation";
import { attachMetadata, type ErrorMetadata } from "../grpc/error-metadata.ts";
import { mapMessages } from "./map-messages.ts";
import { MethodContext } from "./method-context.ts";
import { MethodMessages } from "./method-messages.ts";
import type { HandlerContext } from "./service-implementation.ts";
import { within } from "./within.ts";

/** A method of an implementation; what it takes and gives depends on the operation's kind. */
export type Method = (request: unknown, context: HandlerContext) => unknown;

/** The end of a server's chain: validates the request, runs the method, and makes what it gives into a reply. */
export function handleMethod(
  operation: Operation,
  method: Method,
  validate: MessageValidator | undefined,
): CallHandler {
  const output = messageCodecOf(operation.descriptor.output);
  const accept = (message: Message): Message => {
    validate?.(message);
    return message;
  };

  /** Every failure leaves as a ParleyError, with what the method had set as metadata. */
  const failure = (thrown: unknown, metadata: ErrorMetadata): ParleyError =>
    attachMetadata(toParleyError(thrown), metadata);

  const toMessage = (answer: unknown): Message => {
    if (typeof answer === "object" && answer !== null) return output.create(answer);
    const { typeName } = operation.descriptor.output;
    throw toParleyError(new TypeError(`the method returned ${String(answer)}, which is no ${typeName}`));
  };

  const steps = { toMessage, failure };

  /** Runs one step of a stream. */
  const run = async <T>(call: Call, metadata: ErrorMetadata, step: () => T | Promise<T>): Promise<T> => {
    try {
      return await within(call.context, step);
    } catch (thrown) {
      throw failure(thrown, metadata);
    }
  };

  /** Not an async function: a method that answers at once, or with a promise, then costs one promise instead of five. */
  const unary = (call: UnaryCall): Promise<UnaryReply> => {
    const metadata = { header: new Metadata(), trailer: new Metadata() };
    const fail = (thrown: unknown): never => {
      throw failure(thrown, metadata);
    };
    const replyOf = (answer: unknown): UnaryReply => {
      const { header, trailer } = metadata;
      return { streaming: false, message: toMessage(answer), header, trailer };
    };
    try {
      const answer = within(call.context, () => method(accept(call.message), new MethodContext(call, metadata)));
      if (!isThenable(answer)) return Promise.resolve(replyOf(answer));
      return Promise.resolve(answer).then(replyOf).catch(fail);
    } catch (thrown) {
      return Promise.reject(failure(thrown, metadata));
    }
  };

  const stream = async (call: StreamingCall): Promise<StreamingReply> => {
    const metadata = { header: new Metadata(), trailer: new Metadata() };
    const context = new MethodContext(call, metadata);
    if (operation.kind === "client_streaming") {
      const requests = mapMessages(call.messages, accept);
      const answer = await run(call, metadata, () => method(requests, context));
      return { streaming: true, messages: single(toMessage(answer)), ...metadata };
    }
    const request =
      operation.kind === "server_streaming"
        ? await run(call, metadata, async () => accept(await theOnly(call)))
        : mapMessages(call.messages, accept);
    const messages = new MethodMessages(openerOf(method, request, context), steps, { context: call.context, metadata });
    return { streaming: true, messages, ...metadata };
  };

  return (call) => (call.streaming ? stream(call) : unary(call));
}

/** Apart, so that while the stream is open nothing is held of the call but what its method was given. */
function openerOf(method: Method, request: unknown, context: HandlerContext): () => AsyncIterable<unknown> {
  return () => method(request, context) as AsyncIterable<unknown>;
}

function isThenable(answer: unknown): answer is PromiseLike<unknown> {
  return typeof (answer as { readonly then?: unknown } | null | undefined)?.then === "function";
}

async function* single(message: Message): AsyncGenerator<Message> {
  yield message;
}

/** The request of a call whose contract has exactly one. */
async function theOnly({ messages, operation }: StreamingCall): Promise<Message> {
  const found: Message[] = [];
  for await (const message of messages) {
    found.push(message);
    if (found.length > 1) break;
  }
  const [message] = found;
  if (message && found.length === 1) return message;
  throw new ParleyError(
    "UNIMPLEMENTED",
    `${operation.path} takes exactly one request, got ${message ? "more" : "none"}`,
  );
}
