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
import type { CallContext, Metadata } from "@parley/core";

/** What a method knows of the call beside the request. */
export interface HandlerContext extends CallContext {
  /** The request's metadata, as it came. */
  readonly header: Metadata;
  /** Sent before the first message of the response; what is set later is not sent. */
  readonly responseHeader: Metadata;
  /** Sent at the end, also with an error. */
  readonly responseTrailer: Metadata;
}

/** A method as plain TypeScript, in the shape of its contract. */
export type MethodImplementation<M extends DescMethod> =
  M extends DescMethodUnary<infer I, infer O>
    ? (request: MessageShape<I>, context: HandlerContext) => Promise<MessageInitShape<O>> | MessageInitShape<O>
    : M extends DescMethodServerStreaming<infer I, infer O>
      ? (request: MessageShape<I>, context: HandlerContext) => AsyncIterable<MessageInitShape<O>>
      : M extends DescMethodClientStreaming<infer I, infer O>
        ? (requests: AsyncIterable<MessageShape<I>>, context: HandlerContext) => Promise<MessageInitShape<O>>
        : M extends DescMethodBiDiStreaming<infer I, infer O>
          ? (requests: AsyncIterable<MessageShape<I>>, context: HandlerContext) => AsyncIterable<MessageInitShape<O>>
          : never;

/**
 * A service as an object of its methods, by their camelCase names.
 *
 * A method that throws a ParleyError answers with exactly that; anything else it throws answers INTERNAL and stays
 * between it and the log. Its context is also the current one ({@link currentContext}) while it runs.
 */
export type ServiceImplementation<S extends DescService> = {
  [Name in keyof S["method"]]: MethodImplementation<S["method"][Name]>;
};

/** A service and who implements it. Made by `implement`, which has checked that the two fit. */
export interface ServiceRegistration {
  readonly service: DescService;
  readonly implementation: object;
}
