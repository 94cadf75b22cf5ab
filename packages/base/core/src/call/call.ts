/**
 * The seam on which everything turns: a call is plain data, and whatever carries it is a function.
 *
 * - *operation*: what is called: a method of a service (later also: an event that is consumed).
 * - *call*: one use of it: context, metadata, and a message or a stream of them.
 * - *reply*: what comes back.
 * - *handler*: a function from call to reply. A transport is one, a server's method is one.
 * - *interceptor*: a function from handler to handler. Client, server and bus share this one shape.
 */
import type { DescMethod, Message } from "@bufbuild/protobuf";
import type { CallContext } from "../context/call-context.ts";
import type { Metadata } from "./metadata.ts";

/** The four shapes of a gRPC call. */
export type CallKind = "unary" | "server_streaming" | "client_streaming" | "bidi_streaming";

/** What is called. One object per method and process, so that it can key a cache. */
export interface Operation {
  /** Full name of the service: `users.v1.UserService`. */
  readonly service: string;
  /** Name of the method in the contract: `GetUser`. */
  readonly method: string;
  /** `/users.v1.UserService/GetUser`: the `:path` on the wire. */
  readonly path: string;
  readonly kind: CallKind;
  /** True if calling twice equals calling once (`idempotency_level` of the contract): such a call may be retried. */
  readonly idempotent: boolean;
  readonly descriptor: DescMethod;
}

interface CallBase {
  readonly operation: Operation;
  readonly side: "client" | "server";
  readonly context: CallContext;
  /** The headers as they came, or as they will go. An interceptor may add to them before it calls on. */
  readonly metadata: Metadata;
  /** Who is on the other end: the target on a client, the remote address on a server. For logs. */
  readonly peer: string;
}

export interface UnaryCall extends CallBase {
  readonly streaming: false;
  readonly message: Message;
}

/** Any call that is not unary; both sides are streams, of one element where the contract has one. */
export interface StreamingCall extends CallBase {
  readonly streaming: true;
  readonly messages: AsyncIterable<Message>;
}

export type Call = UnaryCall | StreamingCall;

interface ReplyBase {
  readonly header: Metadata;
  /** Complete only when the message is there, or the stream of messages has ended. */
  readonly trailer: Metadata;
}

export interface UnaryReply extends ReplyBase {
  readonly streaming: false;
  readonly message: Message;
}

export interface StreamingReply extends ReplyBase {
  readonly streaming: true;
  /** Can be read once. Stopping early (`break`) cancels the call. */
  readonly messages: AsyncIterable<Message>;
}

export type Reply = UnaryReply | StreamingReply;

/**
 * Carries one call. A unary call gets a unary reply, a streaming call a streaming one. Every failure is a rejection
 * (or a throw from `messages`) with a ParleyError.
 */
export type CallHandler = (call: Call) => Promise<Reply>;

/** Wraps a handler. Called once per chain, when it is built; what it returns is called once per call. */
export type Interceptor = (next: CallHandler) => CallHandler;

/** One handler from a chain of interceptors; the first is the outermost. */
export function chain(interceptors: readonly Interceptor[], handler: CallHandler): CallHandler {
  return interceptors.reduceRight((next, interceptor) => interceptor(next), handler);
}
