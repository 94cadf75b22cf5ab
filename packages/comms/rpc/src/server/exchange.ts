import { type CallContext, type Metadata, type MetadataSource, ParleyError, toParleyError } from "@parley/core";
import { LazyAbort } from "@parley/core/internal";
import type { Caller, HeaderList, Keeping, StreamReset } from "@parley/wire/internal/http2";
import { restoreContext } from "../grpc/context-headers.ts";
import { FrameReader, type FrameSink, wholeMessage } from "../grpc/framing.ts";
import { type FrameFormat, unpackFrame } from "../grpc/message-codec.ts";
import { readMetadata } from "../grpc/metadata-headers.ts";
import type { RequestHead } from "../grpc/request-head.ts";
import type { ExchangeServices, IncomingCall } from "./incoming-call.ts";
import { ResponseWriter } from "./response-writer.ts";

/**
 * One call on the wire, seen from the server: what its unary and its streaming form share.
 *
 * It is open from its headers on. It ends once: by its answer, by an error, at its deadline (answered at once, whatever the
 * method does), or when the client cancels or is lost (then there is nobody to answer). Its signal has aborted then, unless the
 * method answered.
 */
export abstract class Exchange extends ResponseWriter implements FrameSink, MetadataSource {
  protected readonly caller: Caller;
  protected readonly context: CallContext;
  readonly #headers: HeaderList;
  readonly #format: FrameFormat;
  readonly #signal = new LazyAbort();
  /** Made for a request that does not come as one message in one piece, as nearly every one does. */
  #frames: FrameReader | undefined;

  /** @param head of the headers, what a server acts on; read here and not held. */
  constructor(arriving: IncomingCall, head: RequestHead, services: ExchangeServices) {
    super(arriving, services);
    const { caller, headers, format, deadlineMs, tenant } = arriving;
    this.caller = caller;
    this.#headers = headers;
    this.#format = format;
    this.context = restoreContext(head, { deadlineMs, tenant, ids: services.ids, signal: this.#signal });
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
    if (!this.open) return "copied";
    const { maxReceiveBytes } = this.services;
    try {
      const message = this.#frames ? undefined : wholeMessage(chunk, maxReceiveBytes);
      if (!message) {
        this.#frames ??= new FrameReader(maxReceiveBytes, this);
        return this.#frames.push(chunk);
      }
      this.onMessage(message);
    } catch (error) {
      this.abort(toParleyError(error));
    }
    return "kept";
  }

  onFrame(bytes: Uint8Array, compressed: boolean): void {
    this.onMessage(unpackFrame(bytes, compressed, this.#format));
  }

  onReset(reset: StreamReset): void {
    if (!this.close()) return;
    const what =
      reset.by === "peer" ? "the client cancelled the call" : `the stream to the client was lost: ${reset.reason}`;
    this.#stop(new ParleyError("CANCELLED", what));
  }

  /** The call ended before its method: what waits for the client must wait no longer. */
  protected abstract onAborted(error: ParleyError): void;

  protected override abort(error: ParleyError): void {
    if (!this.open) return;
    this.fail(error);
    this.#stop(error);
  }

  #stop(error: ParleyError): void {
    this.#signal.abort(error);
    this.onAborted(error);
  }
}
