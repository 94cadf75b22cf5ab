import type { Message } from "@bufbuild/protobuf";
import { Metadata, ParleyError, runWithContext, type StreamingCall, type StreamingReply } from "@parley/core";
import type { StreamSink } from "@parley/wire/internal/http2";
import { InboundMessages, type MessageSource } from "../grpc/inbound-messages.ts";
import { decodeMessage, encodeMessageFrame } from "../grpc/message-codec.ts";
import { type MessageSink, OutboundMessages } from "../grpc/outbound-messages.ts";
import type { RequestHead } from "../grpc/request-head.ts";
import { Exchange } from "./exchange.ts";
import type { ExchangeServices, IncomingCall } from "./incoming-call.ts";

/** A streaming call on the wire: the method runs from the headers on, beside the messages in both directions. */
export class StreamExchange extends Exchange implements StreamSink, MessageSource, MessageSink {
  readonly #requests: InboundMessages;
  /** Before and behind the messages of the answer; of what the method answers, from when it does. */
  #header = NO_METADATA;
  #trailer = NO_METADATA;
  #responses: OutboundMessages | undefined;

  constructor(arriving: IncomingCall, head: RequestHead, services: ExchangeServices) {
    super(arriving, head, services);
    this.#requests = new InboundMessages(this);
    // Within, so that what it awaits does not hold the context that the connection runs in as well.
    void runWithContext(this.context, () => this.#begin());
  }

  protected override onMessage(bytes: Uint8Array): void {
    const { input } = this.route.operation.descriptor;
    this.#requests.push(decodeMessage(input, bytes), bytes.length);
  }

  read(mode: "flow" | "hold"): void {
    this.stream.read(mode);
  }

  /** A method that stops reading its requests may still answer: what keeps coming is dropped. */
  cancel(): void {
    this.read("flow");
  }

  write(message: Message): "go" | "wait" {
    const frame = encodeMessageFrame(this.route.operation.descriptor.output, message, this.encoding);
    this.sendHeaders(this.#header);
    return this.stream.write(frame);
  }

  onSent(outcome: "all" | "stopped"): void {
    try {
      if (outcome === "all" && this.open) {
        this.sendHeaders(this.#header);
        this.succeed(this.#trailer);
      }
    } catch (error) {
      this.fail(error);
    }
    this.caller.running -= 1;
  }

  onSendFailure(thrown: unknown): void {
    this.fail(thrown);
    this.caller.running -= 1;
  }

  onEnd(): void {
    if (this.partial) this.abort(new ParleyError("INTERNAL", "the request ended within a message"));
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
    const { operation, handle } = this.route;
    this.caller.running += 1;
    try {
      const reply = await handle(this.#call());
      if (!reply.streaming) throw new TypeError(`an interceptor answered ${operation.path} with a single message`);
      this.#send(reply);
    } catch (error) {
      this.onSendFailure(error);
    }
  }

  #call(): StreamingCall {
    return {
      operation: this.route.operation,
      side: "server",
      streaming: true,
      context: this.context,
      metadata: Metadata.received(this),
      messages: this.#requests,
      peer: this.caller.address,
    };
  }

  #send(reply: StreamingReply): void {
    this.#header = reply.header;
    this.#trailer = reply.trailer;
    this.#responses = new OutboundMessages(this);
    if (!this.open) this.#responses.stop();
    this.#responses.send(reply.messages);
  }
}

const NO_METADATA = new Metadata();
