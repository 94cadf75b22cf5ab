import {
  type DescMethod,
  type JsonWriteStringOptions,
  type Message,
  type Registry,
  toJsonString,
} from "@bufbuild/protobuf";
import { type CallContext, type Metadata, operationOf } from "@parley/core";
import { deriveContext } from "@parley/core/internal";
import type { Channel } from "@parley/rpc";

export interface MethodCall {
  readonly channel: Channel;
  readonly method: DescMethod;
  readonly requests: readonly Message[];
  readonly metadata: Metadata;
  readonly timeoutMs?: number | undefined;
  /** Cancels the call. */
  readonly signal?: AbortSignal | undefined;
  readonly registry: Registry;
  /** Default one line per message, as streams need it. */
  readonly prettySpaces?: number;
}

/**
 * Calls a method that is known only at run time, and gives the responses as proto3 JSON, each as soon as it is there.
 * Fields without a value are written too: a reader sees `false` and `0` rather than nothing.
 */
export async function* callMethod(call: MethodCall): AsyncIterable<string> {
  const { channel, method, requests, metadata, timeoutMs, signal, registry, prettySpaces = 0 } = call;
  const json: Partial<JsonWriteStringOptions> = { registry, alwaysEmitImplicit: true, prettySpaces };
  const context: CallContext = deriveContext({ timeoutMs, ...(signal && { signal }) });
  const common = { operation: operationOf(method), side: "client", context, metadata, peer: channel.target } as const;
  const [first] = requests;
  const reply = await channel.call(
    method.methodKind === "unary" && first
      ? { ...common, streaming: false, message: first }
      : { ...common, streaming: true, messages: each(requests) },
  );
  if (!reply.streaming) yield toJsonString(method.output, reply.message, json);
  else for await (const message of reply.messages) yield toJsonString(method.output, message, json);
}

async function* each(messages: readonly Message[]): AsyncIterable<Message> {
  yield* messages;
}
