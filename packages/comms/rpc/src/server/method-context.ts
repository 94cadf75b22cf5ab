import type { Call, CallContext, Metadata } from "@parley/core";
import { ContextCopy } from "@parley/core/internal";
import type { ErrorMetadata } from "../grpc/error-metadata.ts";
import type { HandlerContext } from "./service-implementation.ts";

/** What a method is told of its call. */
export class MethodContext extends ContextCopy implements HandlerContext {
  readonly header: Metadata;
  readonly responseHeader: Metadata;
  readonly responseTrailer: Metadata;
  readonly #context: CallContext;

  constructor({ context, metadata }: Call, { header, trailer }: ErrorMetadata) {
    super(context);
    this.header = metadata;
    this.responseHeader = header;
    this.responseTrailer = trailer;
    this.#context = context;
  }

  get signal(): AbortSignal {
    return this.#context.signal;
  }
}
