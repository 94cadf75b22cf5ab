import type { Message } from "@bufbuild/protobuf";
import {
  Metadata,
  type ParleyError,
  ParleyError as ParleyFailure,
  runWithContext,
  type StreamingCall,
  type StreamingReply,
} from "@parley/core";
import { InboundMessages, type MessageSource } from "../grpc/inbound-messages.ts";
import { decodeMessage, encodeMessageFrame } from "../grpc/message-codec.ts";
import { readMetadata } from "../grpc/metadata-headers.ts";
import { type MessageSink, OutboundMessages } from "../grpc/outbound-messages.ts";
import type { RequestHead } from "../grpc/request-head.ts";
import type { StreamSink } from "../http2/http2.ts";
import { type Arriving, Exchange, type ExchangeServices } from "./exchange.ts";

/** A streaming call on the wire: the method runs from the headers on, beside the messages in both directions. */
export class StreamExchange extends Exchange implements StreamSink, MessageSource, MessageSink {
  readonly #requests: InboundMessages;
  /** What the method answers, from when it does. */
  #reply: StreamingReply | undefined;
  #responses: OutboundMessages | undefined;

  constructor(arriving: Arriving, head: RequestHead, services: ExchangeServices) {
    super(arriving, head, services);
    this.#requests = new InboundMessages(this);
    // Within, so that what it awaits does not hold the context that the connection runs in as well.
    void runWithContext(this.context, () => this.#begin());
  }

  protected override onMessage(bytes: Uint8Array): void {
    const { input } = this.arriving.route.operation.descriptor;
    this.#requests.push(decodeMessage(input, bytes), bytes.length);
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
    if (this.#reply) this.sendHeaders(this.#reply.header);
    return stream.write(frame);
  }

  onSent(outcome: "all" | "stopped"): void {
    try {
      if (outcome === "all" && this.open && this.#reply) {
        this.sendHeaders(this.#reply.header);
        this.succeed(this.#reply.trailer);
      }
    } catch (error) {
      this.fail(error);
    }
    this.arriving.caller.running -= 1;
  }

  onSendFailure(thrown: unknown): void {
    this.fail(thrown);
    this.arriving.caller.running -= 1;
  }

  onEnd(): void {
    if (this.partial) this.abort(new ParleyFailure("INTERNAL", "the request ended within a message"));
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

  /** Async only until the method answers: an async function that waits holds half a KiB, for as long as the stream is open. */
  async #begin(): Promise<void> {
    const { caller, route } = this.arriving;
    caller.running += 1;
    try {
      const reply = await route.handle(this.#call());
      if (!reply.streaming)
        throw new TypeError(`an interceptor answered ${route.operation.path} with a single message`);
      this.#send(reply);
    } catch (error) {
      this.onSendFailure(error);
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

  #send(reply: StreamingReply): void {
    this.#reply = reply;
    this.#responses = new OutboundMessages(this);
    if (!this.open) this.#responses.stop();
    this.#responses.send(reply.messages);
  }
}
