import {
  AbortSource,
  type CallContext,
  type Clock,
  deadlineExceeded,
  type IdSource,
  type Logger,
  type Metadata,
  type MetadataSource,
  ParleyError,
  type Place,
  toParleyError,
} from "@parley/core";
import type { Encoding } from "../grpc/compression.ts";
import { restoreContext } from "../grpc/context-headers.ts";
import type { DeadlineWheel, Expiring } from "../grpc/deadline-wheel.ts";
import { metadataOf } from "../grpc/error-metadata.ts";
import { FrameReader, type FrameSink, wholeMessage } from "../grpc/framing.ts";
import { RESPONSE_HEADERS, TRAILERS_ONLY } from "../grpc/headers.ts";
import { type FrameFormat, unpackFrame } from "../grpc/message-codec.ts";
import { appendMetadata, readMetadata } from "../grpc/metadata-headers.ts";
import type { RequestHead } from "../grpc/request-head.ts";
import { encodeStatus, STATUS_OK } from "../grpc/status.ts";
import {
  type Caller,
  type HeaderList,
  HTTP2_CODES,
  type Keeping,
  type ServerStream,
  type StreamReset,
} from "../http2/http2.ts";
import type { Route } from "./router.ts";

/** What all calls of a server share. */
export interface ExchangeServices {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly wheel: DeadlineWheel;
  readonly logger: Logger;
  readonly maxReceiveBytes: number;
}

/** A call as it arrives, before any of its messages; a call that is open does not hold it. */
export interface Arriving {
  readonly stream: ServerStream;
  /** For whoever looks at the metadata; of a stream, which may be open for long, those alone that it shows. */
  readonly headers: HeaderList;
  readonly caller: Caller;
  readonly route: Route;
  readonly deadlineMs: number;
  /** How the request's messages are packed. */
  readonly format: FrameFormat;
  /** How the response's are. */
  readonly encoding: Encoding;
}

/**
 * One call on the wire, seen from the server: what its unary and its streaming form share.
 *
 * It is open from its headers on. It ends once: by its answer, by an error, at its deadline (answered at once, whatever the
 * method does), or when the client cancels or is lost (then there is nobody to answer). After its end nothing is written,
 * and its signal has aborted unless the method answered.
 */
export abstract class Exchange implements Expiring, FrameSink, MetadataSource {
  protected readonly services: ExchangeServices;
  protected readonly stream: ServerStream;
  protected readonly caller: Caller;
  protected readonly route: Route;
  protected readonly encoding: Encoding;
  protected readonly context: CallContext;
  readonly #headers: HeaderList;
  readonly #format: FrameFormat;
  readonly #signal = new AbortSource();
  readonly #deadline: Place;
  /** Made for a request that does not come as one message in one piece, as nearly every one does. */
  #frames: FrameReader | undefined;
  #headersSent = false;
  #open = true;
  /** The call has ended, but the client lets us send no more of its answer. */
  #untaken = false;

  /** @param head of the headers, what a server acts on; read here and not held. */
  constructor(arriving: Arriving, head: RequestHead, services: ExchangeServices) {
    const { deadlineMs } = arriving;
    this.services = services;
    this.stream = arriving.stream;
    this.caller = arriving.caller;
    this.route = arriving.route;
    this.encoding = arriving.encoding;
    this.#headers = arriving.headers;
    this.#format = arriving.format;
    this.context = restoreContext(head, { deadlineMs, ids: services.ids, signal: this.#signal });
    this.#deadline = services.wheel.schedule(deadlineMs, this);
  }

  protected get open(): boolean {
    return this.#open;
  }

  /** The request ends here within a message. */
  protected get partial(): boolean {
    return this.#frames?.partial === true;
  }

  /** Of the request. */
  readMetadata(): Metadata {
    return readMetadata(this.#headers);
  }

  /** A message of the request, unpacked. What it throws ends the call. */
  protected abstract onMessage(bytes: Uint8Array): void;

  onData(chunk: Uint8Array): Keeping {
    if (!this.#open) return "copied";
    const { maxReceiveBytes } = this.services;
    try {
      const message = this.#frames ? undefined : wholeMessage(chunk, maxReceiveBytes);
      if (!message) {
        this.#frames ??= new FrameReader(maxReceiveBytes, this);
        return this.#frames.push(chunk);
      }
      this.onMessage(message);
    } catch (error) {
      this.abort(error as ParleyError);
    }
    return "kept";
  }

  onFrame(bytes: Uint8Array, compressed: boolean): void {
    this.onMessage(unpackFrame(bytes, compressed, this.#format));
  }

  onDeadline(): void {
    this.abort(deadlineExceeded(this.route.operation.path));
    // What the client has not taken by now is dropped: to hold it longer would let it fill our memory.
    if (this.#untaken) this.stream.reset(HTTP2_CODES.CANCEL);
  }

  onReset(reset: StreamReset): void {
    this.#deadline.leave();
    if (!this.#open) return;
    const error =
      reset.by === "peer"
        ? new ParleyError("CANCELLED", "the client cancelled the call")
        : new ParleyError("CANCELLED", `the stream to the client was lost: ${reset.reason}`);
    this.#open = false;
    this.#signal.abort(error);
    this.onAborted(error);
  }

  /** The client has taken what it was sent; the answer is whole if that has ended. */
  onDrain(): void {
    if (!this.#untaken) return;
    this.#untaken = false;
    this.#deadline.leave();
  }

  /** The call ended before its method: what waits for the client must wait no longer. */
  protected abstract onAborted(error: ParleyError): void;

  /** Ends the call with an error of ours while its method may still run: its signal aborts. */
  protected abort(error: ParleyError): void {
    if (!this.#open) return;
    this.fail(error);
    this.#signal.abort(error);
    this.onAborted(error);
  }

  protected sendHeaders(metadata: Metadata): void {
    if (this.#headersSent) return;
    this.#headersSent = true;
    this.stream.respond(RESPONSE_HEADERS[this.encoding], headersOf(metadata));
  }

  protected succeed(trailer: Metadata): void {
    if (!this.#open) return;
    this.#open = false;
    this.#end(STATUS_OK, headersOf(trailer));
  }

  protected fail(thrown: unknown): void {
    if (!this.#open) return;
    this.#open = false;
    const error = toParleyError(thrown);
    const metadata = metadataOf(error);
    if (!this.#headersSent && metadata && metadata.header.size > 0) this.sendHeaders(metadata.header);
    const status = encodeStatus(error);
    if (metadata) appendMetadata(status, metadata.trailer);
    try {
      if (this.#headersSent) return this.#end(NO_HEADERS, status);
      this.#deadline.leave();
      this.stream.respondOnly([...TRAILERS_ONLY, ...status]);
    } catch (failure) {
      // Metadata that HTTP/2 refuses to carry must not leave the client waiting.
      this.services.logger.error({ err: failure, method: this.route.operation.path }, "an error was not sent");
      this.stream.reset(HTTP2_CODES.INTERNAL_ERROR);
    }
  }

  /** The deadline stays until the client has taken the answer: see {@link onDrain}. */
  #end(common: HeaderList, own: HeaderList): void {
    this.#untaken = this.stream.end(common, own) === "waits";
    if (!this.#untaken) this.#deadline.leave();
  }
}

const NO_HEADERS: HeaderList = [];

function headersOf(metadata: Metadata): HeaderList {
  if (metadata.size === 0) return NO_HEADERS;
  const headers: string[] = [];
  appendMetadata(headers, metadata);
  return headers;
}
