import { type Metadata, ParleyError, toParleyError } from "@parley/core";
import { deadlineExceeded, type QueueNode } from "@parley/core/internal";
import { type HeaderList, HTTP2_CODES, headerListBytes, type ServerStream } from "@parley/wire/internal/http2";
import type { Encoding } from "../grpc/compression.ts";
import type { Expiring } from "../grpc/deadline-wheel.ts";
import { metadataOf } from "../grpc/error-metadata.ts";
import { RESPONSE_HEADERS, TRAILERS_ONLY } from "../grpc/headers.ts";
import { appendMetadata } from "../grpc/metadata-headers.ts";
import { sizeDetail } from "../grpc/size-fault.ts";
import { encodeStatus, STATUS_OK } from "../grpc/status.ts";
import type { ExchangeServices, IncomingCall } from "./incoming-call.ts";
import type { Route } from "./router.ts";

/**
 * How a call is answered on the wire: by headers, at most once, and by one end, success or an error. After its end nothing is written.
 * The deadline stays until the client has taken the end: what it does not take is then dropped, since to hold it for longer would
 * let it fill our memory.
 *
 * open -> ended (taken, or yet to be taken) or closed (nobody is there to be answered).
 */
export abstract class ResponseWriter implements Expiring {
  protected readonly services: ExchangeServices;
  protected readonly stream: ServerStream;
  protected readonly route: Route;
  protected readonly encoding: Encoding;
  readonly #deadline: QueueNode;
  #headersSent = false;
  #open = true;
  /** The call has ended, but the client lets us send no more of its answer. */
  #untaken = false;

  constructor({ stream, route, encoding, deadlineMs }: IncomingCall, services: ExchangeServices) {
    this.services = services;
    this.stream = stream;
    this.route = route;
    this.encoding = encoding;
    this.#deadline = services.wheel.schedule(deadlineMs, this);
  }

  protected get open(): boolean {
    return this.#open;
  }

  /** Ends the call with an error of ours while its method may still run. */
  protected abstract abort(error: ParleyError): void;

  onDeadline(): void {
    this.abort(deadlineExceeded(this.route.operation.path));
    if (this.#untaken) this.stream.reset(HTTP2_CODES.CANCEL);
  }

  /** The client has taken what it was sent; the answer is whole if that has ended. */
  onDrain(): void {
    if (!this.#untaken) return;
    this.#untaken = false;
    this.#deadline.remove();
  }

  /** Nobody is there to be answered any more. @returns whether the call had not ended before. */
  protected close(): boolean {
    const wasOpen = this.#open;
    this.#open = false;
    this.#deadline.remove();
    return wasOpen;
  }

  protected sendHeaders(metadata: Metadata): void {
    if (this.#open) this.#respond(metadata);
  }

  #respond(metadata: Metadata): void {
    if (this.#headersSent) return;
    this.stream.respond(RESPONSE_HEADERS[this.encoding], this.#fitting(metadata));
    this.#headersSent = true;
  }

  /** @throws ParleyError RESOURCE_EXHAUSTED for what the client would have to reset the stream for. */
  #fitting(metadata: Metadata): HeaderList {
    const headers = headersOf(metadata);
    if (headers === NO_HEADERS || this.#fits(headers)) return headers;
    const message = `the metadata of the response takes ${headerListBytes(headers)} bytes, more than the client accepts`;
    throw new ParleyError("RESOURCE_EXHAUSTED", message, { details: [sizeDetail("RESPONSE_TOO_LARGE")] });
  }

  #fits(headers: HeaderList): boolean {
    const { maxHeaderListBytes = Number.POSITIVE_INFINITY } = this.stream;
    return headerListBytes(headers) + OWN_BYTES <= maxHeaderListBytes;
  }

  protected succeed(trailer: Metadata): void {
    if (!this.#open) return;
    const own = this.#fitting(trailer);
    this.#open = false;
    this.#end(STATUS_OK, own);
  }

  protected fail(thrown: unknown): void {
    if (!this.#open) return;
    this.#open = false;
    try {
      this.#endWith(toParleyError(thrown));
    } catch (failure) {
      // Metadata that HTTP/2 refuses to carry must not leave the client waiting.
      this.services.logger.error({ err: failure, method: this.route.operation.path }, "an error was not sent");
      this.stream.reset(HTTP2_CODES.INTERNAL_ERROR);
      this.#deadline.remove();
    }
  }

  #endWith(error: ParleyError): void {
    const metadata = metadataOf(error);
    if (metadata && metadata.header.size > 0 && this.#fits(headersOf(metadata.header))) this.#respond(metadata.header);
    const status = encodeStatus(error, this.stream.maxHeaderListBytes);
    const trailer = metadata ? headersOf(metadata.trailer) : NO_HEADERS;
    // What a failing method has set is worth less than how it failed.
    if (trailer.length > 0 && this.#fits([...status, ...trailer])) status.push(...trailer);
    if (this.#headersSent) return this.#end(NO_HEADERS, status);
    this.#deadline.remove();
    this.stream.respondOnly([...TRAILERS_ONLY, ...status]);
  }

  #end(common: HeaderList, own: HeaderList): void {
    this.#untaken = this.stream.end(common, own) === "waits";
    if (!this.#untaken) this.#deadline.remove();
  }
}

const NO_HEADERS: HeaderList = [];

/** What the headers of a response take that are not a method's own. */
const OWN_BYTES = headerListBytes(RESPONSE_HEADERS.gzip);

function headersOf(metadata: Metadata): HeaderList {
  if (metadata.size === 0) return NO_HEADERS;
  const headers: string[] = [];
  appendMetadata(headers, metadata);
  return headers;
}
