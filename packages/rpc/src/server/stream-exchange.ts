import type { Message } from "@bufbuild/protobuf";
import {
  Metadata,
  type ParleyError,
  ParleyError as ParleyFailure,
  runWithContext,
  type StreamingCall,
  type StreamingReply,
} from "@parley/core";
import { FrameReader, type FrameSink } from "../grpc/framing.ts";
import { InboundMessages, type MessageSource } from "../grpc/inbound-messages.ts";
import { decodeMessage, encodeMessageFrame, unpackFrame } from "../grpc/message-codec.ts";
import { readMetadata } from "../grpc/metadata-headers.ts";
import { type MessageSink, OutboundMessages } from "../grpc/outbound-messages.ts";
import type { RequestHead } from "../grpc/request-head.ts";
import type { Keeping, StreamSink } from "../http2/http2.ts";
import { type Arriving, Exchange, type ExchangeServices } from "./exchange.ts";

/** A streaming call on the wire: the method runs from the headers on, beside the messages in both directions. */
export class StreamExchange extends Exchange implements StreamSink, FrameSink, MessageSource, MessageSink {
  readonly #frames: FrameReader;
  readonly #requests: InboundMessages;
  #responses: OutboundMessages | undefined;
  /** What the method has set of metadata to go before its messages. */
  #header: Metadata | undefined;

  constructor(arriving: Arriving, head: RequestHead, services: ExchangeServices) {
    super(arriving, head, services);
    this.#requests = new InboundMessages(this);
    this.#frames = new FrameReader(services.maxReceiveBytes, this);
    // Within, so that what it awaits does not hold the context that the connection runs in as well.
    void runWithContext(this.context, () => this.#run());
  }

  onFrame(bytes: Uint8Array, compressed: boolean): void {
    const { format, route } = this.arriving;
    const plain = unpackFrame(bytes, compressed, format);
    this.#requests.push(decodeMessage(route.operation.descriptor.input, plain), plain.length);
  }

  read(mode: "flow" | "hold"): void {
    this.arriving.stream.read(mode);
  }

  /** A method that stops reading its requests may still answer: what keeps coming is dropped. */
  cancel(): void {
    this.read("flow");
  }

  write(message: Message): "go" | "wait" {
    const { route, encoding, stream } = this.arriving;
    const frame = encodeMessageFrame(route.operation.descriptor.output, message, encoding);
    if (this.#header) this.sendHeaders(this.#header);
    return stream.write(frame);
  }

  onData(chunk: Uint8Array): Keeping {
    if (!this.open) return "copied";
    try {
      return this.#frames.push(chunk);
    } catch (error) {
      this.abort(error as ParleyError);
      return "kept";
    }
  }

  onEnd(): void {
    if (this.#frames.partial) this.abort(new ParleyFailure("INTERNAL", "the request ended within a message"));
    else this.#requests.end();
  }

  override onDrain(): void {
    this.#responses?.onDrain();
    super.onDrain();
  }

  protected override onAborted(error: ParleyError): void {
    this.#requests.fail(error);
    this.#responses?.stop();
  }

  async #run(): Promise<void> {
    const { caller, route } = this.arriving;
    caller.running += 1;
    try {
      const reply = await route.handle(this.#call());
      if (!reply.streaming)
        throw new TypeError(`an interceptor answered ${route.operation.path} with a single message`);
      if ((await this.#send(reply)) === "stopped" || !this.open) return;
      this.sendHeaders(reply.header);
      this.succeed(reply.trailer);
    } catch (error) {
      this.fail(error);
    } finally {
      caller.running -= 1;
    }
  }

  #call(): StreamingCall {
    const { headers, caller, route } = this.arriving;
    return {
      operation: route.operation,
      side: "server",
      streaming: true,
      context: this.context,
      metadata: Metadata.received(readMetadata, headers),
      messages: this.#requests,
      peer: caller.address,
    };
  }

  #send({ header, messages }: StreamingReply): Promise<"sent" | "stopped"> {
    this.#header = header;
    this.#responses = new OutboundMessages(this);
    if (!this.open) this.#responses.stop();
    return this.#responses.send(messages);
  }
}
