import type { DescMethod, Message } from "@bufbuild/protobuf";
import {
  type CallContext,
  currentContext,
  Metadata,
  type Operation,
  operationOf,
  ParleyError,
  type StreamingReply,
  type UnaryReply,
} from "@parley/core";
import { deriveContext } from "@parley/core/internal";
import { type MessageCodec, messageCodecOf } from "@parley/protobuf";
import type { Channel } from "../channel/channel.ts";
import type { CallOptions } from "./client.ts";
import { ReplyMessages } from "./reply-messages.ts";
import { told } from "./told.ts";

/** A request or requests, not yet known to be of the method's type: a client's type holds callers to that. */
export type Input = never;

/** The calls to one method over one channel, in the four shapes. */
export class MethodCalls {
  readonly #operation: Operation;
  readonly #channel: Channel;
  /** Of the requests. */
  readonly #codec: MessageCodec;

  constructor(method: DescMethod, channel: Channel) {
    this.#operation = operationOf(method);
    this.#channel = channel;
    this.#codec = messageCodecOf(method.input);
  }

  /** Not an async function: nearly nobody asks for headers, and each promise less is 2 % of a call. */
  unary(request: Input, options: CallOptions = NO_OPTIONS): Promise<Message> {
    try {
      const message = this.#codec.create(request);
      const reply = this.#channel.call({
        operation: this.#operation,
        side: "client",
        context: contextOf(options, this.#channel),
        metadata: metadataOf(options),
        peer: this.#channel.target,
        streaming: false,
        message,
      }) as Promise<UnaryReply>;
      return options.onHeader || options.onTrailer ? toldReply(reply, options) : reply.then(messageOf);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  serverStreaming(request: Input, options: CallOptions = NO_OPTIONS): ReplyMessages {
    return this.#stream(just(this.#codec.create(request)), options);
  }

  clientStreaming(requests: AsyncIterable<Input>, options: CallOptions = NO_OPTIONS): Promise<Message> {
    return onlyOne(this.streaming(requests, options), this.#operation.path);
  }

  streaming(requests: AsyncIterable<Input>, options: CallOptions = NO_OPTIONS): ReplyMessages {
    return this.#stream(created(this.#codec, requests), options);
  }

  #stream(messages: AsyncIterable<Message>, options: CallOptions): ReplyMessages {
    const channel = this.#channel;
    const call = {
      operation: this.#operation,
      side: "client",
      context: contextOf(options, channel),
      metadata: metadataOf(options),
      peer: channel.target,
      streaming: true,
      messages,
    } as const;
    return new ReplyMessages(() => channel.call(call) as Promise<StreamingReply>, options);
  }
}

function metadataOf({ metadata }: CallOptions): Metadata {
  return metadata ? metadata.clone() : new Metadata();
}

/** The context a call is made in: the current one, or a new one whose only limits are the caller's own: the rest is the policy's. */
function contextOf({ timeoutMs, signal }: CallOptions, { clock }: Channel): CallContext {
  const parent = currentContext();
  if (!parent) return deriveContext({ timeoutMs: timeoutMs ?? UNLIMITED, clock, ...(signal && { signal }) });
  if (timeoutMs === undefined && !signal) return parent;
  return deriveContext({
    parent,
    trace: parent.trace, // the channel opens the span
    timeoutMs,
    clock,
    ...(signal && { signal: AbortSignal.any([parent.signal, signal]) }),
  });
}

const UNLIMITED = Number.POSITIVE_INFINITY;

const NO_OPTIONS: CallOptions = Object.freeze({});

const messageOf = ({ message }: UnaryReply): Message => message;

/** Hands over what came with a reply, or with a failure. */
async function toldReply(replying: Promise<UnaryReply>, options: CallOptions): Promise<Message> {
  try {
    const { header, trailer, message } = await replying;
    options.onHeader?.(header);
    options.onTrailer?.(trailer);
    return message;
  } catch (error) {
    throw told(error, options);
  }
}

async function* just(message: Message): AsyncIterable<Message> {
  yield message;
}

async function* created(codec: MessageCodec, requests: AsyncIterable<Input>): AsyncIterable<Message> {
  for await (const request of requests) yield codec.create(request);
}

/** The one message of a stream that must have exactly one. */
async function onlyOne(messages: AsyncIterable<Message>, path: string): Promise<Message> {
  let only: Message | undefined;
  for await (const message of messages) {
    if (only) throw new ParleyError("INTERNAL", `${path} answered with more than one message`);
    only = message;
  }
  if (!only) throw new ParleyError("INTERNAL", `${path} answered without a message`);
  return only;
}
