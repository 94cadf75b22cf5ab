import type {
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodClientStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { Metadata } from "@parley/core";

/** What a caller may say about one call. */
export interface CallOptions {
  /** The deadline of this call; the lesser of it, the policy's and the current context's counts. */
  readonly timeoutMs?: number | undefined;
  /** Cancels the call; so does the signal of the current context. */
  readonly signal?: AbortSignal | undefined;
  /** Sent with the call. It is copied, so it can be used again. */
  readonly metadata?: Metadata | undefined;
  /** Called with the response headers, of a failed call too if it got so far. Of a stream: when it begins. */
  readonly onHeader?: ((header: Metadata) => void) | undefined;
  /** Called with the trailers, of a failed call too if it got so far. */
  readonly onTrailer?: ((trailer: Metadata) => void) | undefined;
}

/**
 * A service as its callers see it: one function per method.
 *
 * Every failure is a ParleyError: a rejection, or a throw from the stream of replies. A stream begins when it is first
 * read; its deadline counts from the call. Stopping early (`break`) cancels it.
 */
export type Client<S extends DescService> = {
  readonly [Name in keyof S["method"]]: ClientMethod<S["method"][Name]>;
};

/** The function for one method. */
export type ClientMethod<M extends DescMethod> =
  M extends DescMethodUnary<infer I, infer O>
    ? (request: MessageInitShape<I>, options?: CallOptions) => Promise<MessageShape<O>>
    : M extends DescMethodServerStreaming<infer I, infer O>
      ? (request: MessageInitShape<I>, options?: CallOptions) => AsyncIterable<MessageShape<O>>
      : M extends DescMethodClientStreaming<infer I, infer O>
        ? (requests: AsyncIterable<MessageInitShape<I>>, options?: CallOptions) => Promise<MessageShape<O>>
        : M extends DescMethodBiDiStreaming<infer I, infer O>
          ? (requests: AsyncIterable<MessageInitShape<I>>, options?: CallOptions) => AsyncIterable<MessageShape<O>>
          : never;
