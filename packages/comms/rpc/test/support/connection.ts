import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type Call,
  type CallContext,
  Metadata,
  noopLogger,
  operationOf,
  type ParleyError,
  type Reply,
  type StreamingReply,
  systemClock,
  type UnaryReply,
} from "@parley/core";
import { deriveContext } from "@parley/core/internal";
import { connectHttp2 } from "../../src/connection/connect-http2.ts";
import type { Connect, Connection, ConnectOptions } from "../../src/connection/connection.ts";
import { EchoRequestSchema, type EchoResponse, EchoService } from "../gen/parley/test/v1/echo_pb.ts";

/** One connection with the options that a channel would give it. */
export function connect(
  port: number,
  options: Partial<ConnectOptions> = {},
  by: Connect = connectHttp2,
): Promise<Connection> {
  const resolved: ConnectOptions = {
    address: { host: "127.0.0.1", port },
    dialTimeoutMs: 5_000,
    keepalive: { intervalMs: 20_000, timeoutMs: 10_000 },
    maxReceiveBytes: 4 * 1024 * 1024,
    compression: "identity",
    onCapacity: () => {},
    clock: systemClock,
    logger: noopLogger,
    ...options,
  };
  return by(resolved, new AbortController().signal);
}

export interface CallChange {
  readonly context?: CallContext;
  readonly metadata?: Metadata;
}

function carry(connection: Connection, call: Call): Promise<Reply> {
  return new Promise((resolve, reject) => connection.carry(call, { resolve, reject }));
}

/** What every call of these tests begins with. */
function callOf(method: keyof typeof EchoService.method, { context, metadata }: CallChange) {
  return {
    operation: operationOf(EchoService.method[method]),
    side: "client",
    context: context ?? deriveContext({ timeoutMs: 5_000 }),
    metadata: metadata ?? new Metadata(),
    peer: "test",
  } as const;
}

export async function unary(
  connection: Connection,
  request: MessageInitShape<typeof EchoRequestSchema> = {},
  change: CallChange = {},
): Promise<{ message: EchoResponse; reply: UnaryReply }> {
  const message = create(EchoRequestSchema, request);
  const reply = await carry(connection, { ...callOf("echo", change), streaming: false, message });
  if (reply.streaming) throw new TypeError("a unary reply was expected");
  return { message: reply.message as EchoResponse, reply };
}

export async function streaming(
  connection: Connection,
  method: "expand" | "collect" | "chat",
  requests:
    | Iterable<MessageInitShape<typeof EchoRequestSchema>>
    | AsyncIterable<MessageInitShape<typeof EchoRequestSchema>>,
  change: CallChange = {},
): Promise<StreamingReply & { readonly messages: AsyncIterable<EchoResponse> }> {
  async function* messages() {
    for await (const request of requests) yield create(EchoRequestSchema, request);
  }
  const reply = await carry(connection, { ...callOf(method, change), streaming: true, messages: messages() });
  if (!reply.streaming) throw new TypeError("a streaming reply was expected");
  return reply as StreamingReply & { readonly messages: AsyncIterable<EchoResponse> };
}

export async function collect<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

/** What a promise rejects with. */
export function failureOf(promise: Promise<unknown>): Promise<ParleyError> {
  return promise.then(
    () => {
      throw new Error("a failure was expected");
    },
    (error: ParleyError) => error,
  );
}
