import type { Call, Metadata } from "@parley/core";
import { abortOf, LazyContext } from "@parley/core/internal";
import type { ErrorMetadata } from "../grpc/error-metadata.ts";
import type { HandlerContext } from "./service-implementation.ts";

/** What a method is told of its call. */
export class MethodContext extends LazyContext implements HandlerContext {
  readonly header: Metadata;
  readonly responseHeader: Metadata;
  readonly responseTrailer: Metadata;

  constructor({ context, metadata }: Call, { header, trailer }: ErrorMetadata) {
    super(context, abortOf(context));
    this.header = metadata;
    this.responseHeader = header;
    this.responseTrailer = trailer;
  }
}
