import { type Call, type Clock, Metadata, type MetadataSource, ParleyError, toParleyError } from "@parley/core";
import {
  type AbortLike,
  abortOf,
  addAbortListener,
  deadlineExceeded,
  neverAborts,
  type QueueNode,
  removeAbortListener,
} from "@parley/core/internal";
import {
  type ClientStream,
  type HeaderList,
  HTTP2_CODES,
  type Keeping,
  type ResponseSink,
  type StreamReset,
} from "@parley/wire/internal/http2";
import { abortError } from "../grpc/abort-error.ts";
import type { Encoding } from "../grpc/compression.ts";
import type { DeadlineWheel, Expiring } from "../grpc/deadline-wheel.ts";
import { attachMetadata, type ErrorMetadata } from "../grpc/error-metadata.ts";
import { errorFromReset } from "../grpc/foreign-status.ts";
import { FrameReader, wholeMessage } from "../grpc/framing.ts";
import { headerOf } from "../grpc/header-list.ts";
import { responseEncoding } from "../grpc/headers.ts";
import { unpackFrame } from "../grpc/message-codec.ts";
import { ReceivedHeaders, readMetadata } from "../grpc/metadata-headers.ts";
import { withSizeFault } from "../grpc/size-fault.ts";
import { decodeStatus } from "../grpc/status.ts";
import type { CancelledCall } from "./cancel-pacer.ts";

/** What the attempts of a connection share. */
export interface AttemptServices {
  /** `host:port`, for errors. */
  readonly peer: string;
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  readonly maxReceiveBytes: number;
  readonly compression: Encoding;
  open(call: Call, sink: ResponseSink): ClientStream;
  /** Something has come in. */
  onActivity(): void;
  /** The stream of the attempt is over. */
  onSettled(): void;
  /** The server has no room for the attempt, though less is under way than it allows. */
  onRefused(): void;
  /** The attempt was given up: its stream is to be reset, as soon as the server takes it. */
  cancel(attempt: CancelledCall): void;
  /** The stream of an attempt that was given up has ended before it was reset. */
  onCancelledEnd(attempt: CancelledCall): void;
}

const NOTHING: HeaderList = [];

/**
 * One call on the wire, seen from the client: what its unary and its streaming form share.
 *
 * It is open from its headers on, and settles once: by the status in the trailers, a reset, its deadline, an abort of its
 * context's signal, or an answer that is no proper gRPC. An attempt that we give up is reset, so that the server stops too; until
 * that is done, or its stream ends by itself, it lingers, and what still comes is dropped.
 */
export abstract class Attempt implements ResponseSink, Expiring, MetadataSource, CancelledCall {
  cancelPlace: QueueNode | undefined;
  protected readonly call: Call;
  protected readonly services: AttemptServices;
  protected readonly stream: ClientStream;
  /** Made for a response that does not come as one message in one piece, as nearly every unary one does. */
  #frames: FrameReader | undefined;
  readonly #deadline: QueueNode;
  /** Undefined if nobody can cancel the call. */
  readonly #aborting: AbortLike | undefined;
  #encoding: Encoding = "identity";
  #header = NOTHING;
  #trailer = NOTHING;
  /** `"headers"` if those may turn out to be all of the response, and its trailers. */
  #phase: "headers" | "body" = "headers";
  #open = true;
  #lingers = false;

  constructor(call: Call, services: AttemptServices) {
    const aborting = abortOf(call.context);
    this.call = call;
    this.services = services;
    this.stream = services.open(call, this);
    this.#deadline = services.wheel.schedule(call.context.deadlineMs, this);
    this.#aborting = aborting === neverAborts ? undefined : aborting;
    if (this.#aborting) addAbortListener(this.#aborting, this);
  }

  protected get open(): boolean {
    return this.#open;
  }

  /** Given up, and not yet reset. */
  protected get lingers(): boolean {
    return this.#lingers;
  }

  /** A message of the response, unpacked. What it throws fails the attempt. */
  protected abstract onMessage(bytes: Uint8Array): void;
  /** The response's headers are here, and it is no error. */
  protected abstract onResponse(): void;
  /** The status is OK; the attempt has settled unless this throws. */
  protected abstract onSuccess(): void;
  /** The attempt has settled with an error. */
  protected abstract onFailure(error: ParleyError): void;

  onHeaders(headers: HeaderList): void {
    this.services.onActivity();
    if (!this.#open) return;
    this.#header = headers;
    if (headerOf(headers, "grpc-status") !== undefined) return; // its end follows, as a rule
    try {
      this.#beginBody();
    } catch (error) {
      this.giveUp(error);
    }
  }

  onData(chunk: Uint8Array): Keeping {
    this.services.onActivity();
    if (!this.#open) return "copied";
    try {
      if (this.#phase === "headers") this.#beginBody();
      const message = this.#frames ? undefined : wholeMessage(chunk, this.services.maxReceiveBytes);
      if (!message) return this.#readFrames(chunk);
      this.onMessage(message);
    } catch (error) {
      this.giveUp(withSizeFault(toParleyError(error), "RESPONSE_TOO_LARGE"));
    }
    return "kept";
  }

  onEnd(trailers: HeaderList): void {
    this.services.onActivity();
    if (!this.#open) return this.#endLingering();
    // A response without a body has its status in the only headers there are; behind a body they are no trailers.
    if (trailers.length > 0) this.#trailer = trailers;
    else if (this.#phase === "headers") [this.#header, this.#trailer] = [NOTHING, this.#header];
    const error = decodeStatus(this.#trailer);
    if (error) return this.fail(error);
    try {
      if (this.#frames?.partial) throw new ParleyError("INTERNAL", "the response ended within a message");
      this.onSuccess();
    } catch (failure) {
      this.fail(failure);
    }
  }

  onReset(reset: StreamReset): void {
    if (!this.#open) return this.#endLingering();
    if (reset.by === "peer" && reset.code === HTTP2_CODES.REFUSED_STREAM) this.services.onRefused();
    this.fail(
      this.#isByDeadline(reset)
        ? deadlineExceeded(this.call.operation.path)
        : errorFromReset(reset, this.services.peer),
    );
  }

  onDeadline(): void {
    this.giveUp(deadlineExceeded(this.call.operation.path));
  }

  /** The call was aborted. */
  handleEvent(): void {
    this.giveUp(abortError(abortOf(this.call.context)));
  }

  abstract onDrain(): void;

  /** The headers are those of a response with a body. @throws ParleyError if it is not one of gRPC. */
  #beginBody(): void {
    this.#phase = "body";
    this.#encoding = responseEncoding(this.#header, this.services.peer);
    this.onResponse();
  }

  #readFrames(chunk: Uint8Array): Keeping {
    this.#frames ??= new FrameReader(this.services.maxReceiveBytes, this);
    return this.#frames.push(chunk);
  }

  onFrame(bytes: Uint8Array, compressed: boolean): void {
    const format = { encoding: this.#encoding, maxBytes: this.services.maxReceiveBytes };
    if (this.#open) this.onMessage(unpackFrame(bytes, compressed, format));
  }

  /** A peer whose own timer was first may end the call by a bare CANCEL. It was told the timeout in whole milliseconds. */
  #isByDeadline(reset: StreamReset): boolean {
    const { clock } = this.services;
    return reset.by === "peer" && reset.code === HTTP2_CODES.CANCEL && clock.now() + 1 > this.call.context.deadlineMs;
  }

  /** Ends the attempt from our side, and tells the server. */
  protected giveUp(error: unknown): void {
    if (!this.#open) return;
    this.#lingers = true;
    this.fail(error);
    this.services.cancel(this);
  }

  resetNow(): void {
    this.#lingers = false;
    this.stream.reset(HTTP2_CODES.CANCEL);
    this.services.onSettled();
  }

  #endLingering(): void {
    if (!this.#lingers) return;
    this.#lingers = false;
    this.stream.end(); // the server has answered, and wants no more of the request
    this.services.onCancelledEnd(this);
  }

  protected fail(thrown: unknown): void {
    if (!this.#open) return;
    this.settle();
    this.onFailure(attachMetadata(toParleyError(thrown), this.metadata()));
  }

  protected settle(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#deadline.remove();
    if (this.#aborting) removeAbortListener(this.#aborting, this);
    if (!this.#lingers) this.services.onSettled();
  }

  /** Of the trailers, once they have come. */
  readMetadata(): Metadata | undefined {
    return this.#trailer === NOTHING ? undefined : readMetadata(this.#trailer);
  }

  /** The response's metadata. The trailers come after the reply of a stream; until then they are empty. */
  protected metadata(): ErrorMetadata {
    return {
      header: Metadata.received(new ReceivedHeaders(this.#header)),
      trailer: Metadata.received(this),
    };
  }
}
