import type { Call, CallContext, Metadata, Principal, TraceContext } from "@parley/core";
import type { ErrorMetadata } from "../grpc/error-metadata.ts";
import type { HandlerContext } from "./service-implementation.ts";

/** What a method is told of its call. The signal is passed through when asked for, because then it is made. */
export class MethodContext implements HandlerContext {
  readonly requestId: string;
  readonly correlationId: string;
  readonly trace: TraceContext;
  readonly deadlineMs: number;
  readonly principal: Principal | undefined;
  readonly authorization: string | undefined;
  readonly tenant: string | undefined;
  readonly caller: string | undefined;
  readonly baggage: Readonly<Record<string, string>>;
  readonly header: Metadata;
  readonly responseHeader: Metadata;
  readonly responseTrailer: Metadata;
  readonly #context: CallContext;

  constructor({ context, metadata }: Call, { header, trailer }: ErrorMetadata) {
    this.requestId = context.requestId;
    this.correlationId = context.correlationId;
    this.trace = context.trace;
    this.deadlineMs = context.deadlineMs;
    this.principal = context.principal;
    this.authorization = context.authorization;
    this.tenant = context.tenant;
    this.caller = context.caller;
    this.baggage = context.baggage;
    this.header = metadata;
    this.responseHeader = header;
    this.responseTrailer = trailer;
    this.#context = context;
  }

  get signal(): AbortSignal {
    return this.#context.signal;
  }
}
