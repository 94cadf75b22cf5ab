import { create, type DescMessage, type DescMethod, type DescService, type Message } from "@bufbuild/protobuf";
import {
  type CallContext,
  currentContext,
  deriveContext,
  Metadata,
  operationOf,
  ParleyError,
  type StreamingReply,
  type UnaryReply,
} from "@parley/core";
import type { Channel } from "../channel/channel.ts";
import type { CallOptions, Client } from "./client.ts";
import { ReplyMessages } from "./reply-messages.ts";
import { told } from "./told.ts";

/** A typed client of a service over a channel. Costs next to nothing, but one per service is enough. */
export function createClient<S extends DescService>(service: S, channel: Channel): Client<S> {
  let prototype = prototypes.get(service);
  if (!prototype) {
    prototype = prototypeOf(service);
    prototypes.set(service, prototype);
  }
  return Object.create(prototype, { [CHANNEL]: { value: channel } }) as Client<S>;
}

const CHANNEL = Symbol("channel");

/** What the clients of a service have in common. Its methods are made for a client as they are first used: few use all. */
const prototypes = new WeakMap<DescService, object>();

function prototypeOf(service: DescService): object {
  const properties = service.methods.map((method): [string, PropertyDescriptor] => {
    const { localName } = method;
    const get = function (this: { readonly [CHANNEL]: Channel }): unknown {
      const value = clientMethod(method, this[CHANNEL]);
      Object.defineProperty(this, localName, { value, enumerable: true });
      return value;
    };
    return [localName, { get, enumerable: true }];
  });
  return Object.create(Object.prototype, Object.fromEntries(properties));
}

/** A request or requests, not yet known to be of the method's type: {@link Client} holds callers to that. */
type Input = never;

function clientMethod(method: DescMethod, channel: Channel): (input: Input, options?: CallOptions) => unknown {
  const operation = operationOf(method);
  const { input: schema } = method;
  const { target: peer } = channel;
  const side = "client";
  const metadataOf = ({ metadata }: CallOptions): Metadata => (metadata ? metadata.clone() : new Metadata());

  // Not async functions: nearly nobody asks for headers, and each promise less is 2 % of a call.
  const unary = (request: Input, options: CallOptions = NO_OPTIONS): Promise<Message> => {
    try {
      const message = create(schema, request);
      const [context, metadata] = [contextOf(options, channel), metadataOf(options)];
      const reply = channel.call({ operation, side, context, metadata, peer, streaming: false, message });
      const replying = reply as Promise<UnaryReply>;
      return options.onHeader || options.onTrailer ? toldReply(replying, options) : replying.then(messageOf);
    } catch (error) {
      return Promise.reject(error);
    }
  };

  const stream = (requests: AsyncIterable<Message>, options: CallOptions, context: CallContext): ReplyMessages => {
    const metadata = metadataOf(options);
    const call = { operation, side, context, metadata, peer, streaming: true, messages: requests } as const;
    return new ReplyMessages(() => channel.call(call) as Promise<StreamingReply>, options);
  };

  switch (method.methodKind) {
    case "unary":
      return unary;
    case "server_streaming":
      return (request, options = {}) => stream(just(create(schema, request)), options, contextOf(options, channel));
    case "client_streaming":
      return (requests, options = {}) =>
        onlyOne(stream(created(schema, requests), options, contextOf(options, channel)), operation.path);
    case "bidi_streaming":
      return (requests, options = {}) => stream(created(schema, requests), options, contextOf(options, channel));
    default:
      return method.methodKind satisfies never;
  }
}

/** The context a call is made in: the current one, or a new one, with the caller's own limits. */
function contextOf({ timeoutMs, signal }: CallOptions, { clock }: Channel): CallContext {
  const parent = currentContext();
  if (!parent) return deriveContext({ timeoutMs, clock, ...(signal && { signal }) });
  if (timeoutMs === undefined && !signal) return parent;
  return deriveContext({
    parent,
    trace: parent.trace, // the channel opens the span
    timeoutMs,
    clock,
    ...(signal && { signal: AbortSignal.any([parent.signal, signal]) }),
  });
}

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

async function* created(schema: DescMessage, requests: AsyncIterable<Input>): AsyncIterable<Message> {
  for await (const request of requests) yield create(schema, request);
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
