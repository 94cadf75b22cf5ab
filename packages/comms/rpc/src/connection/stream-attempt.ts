import type { Message } from "@bufbuild/protobuf";
import { ParleyError, type StreamingCall, type StreamingReply } from "@parley/core";
import { callerFault } from "../grpc/caller-fault.ts";
import { InboundMessages, type MessageSource } from "../grpc/inbound-messages.ts";
import { decodeMessage, encodeRequestFrame } from "../grpc/message-codec.ts";
import { type MessageSink, OutboundMessages } from "../grpc/outbound-messages.ts";
import { Attempt, type AttemptServices } from "./attempt.ts";
import type { ReplyCallbacks } from "./attempt-handler.ts";

/**
 * A streaming call on the wire: requests go out at the server's pace, beside responses that come in at the reader's.
 * The reply is there as soon as the response's headers are; what fails later is thrown by its messages.
 */
export class StreamAttempt extends Attempt implements MessageSource, MessageSink {
  readonly #receiver: ReplyCallbacks<StreamingReply>;
  readonly #responses: InboundMessages;
  /** Until they are sent. */
  #requests: OutboundMessages | undefined;
  #replied = false;
  #received = 0;

  constructor(call: StreamingCall, services: AttemptServices, receiver: ReplyCallbacks<StreamingReply>) {
    super(call, services);
    this.#receiver = receiver;
    this.#responses = new InboundMessages(this);
    this.#requests = new OutboundMessages(this);
    this.#requests.send(call.messages);
  }

  write(message: Message): "go" | "wait" {
    return this.stream.write(encodeRequestFrame(this.call.operation, message, this.services.compression));
  }

  onSent(outcome: "all" | "stopped"): void {
    this.#requests = undefined;
    if (outcome === "all") this.stream.end();
  }

  onSendFailure(thrown: unknown): void {
    this.giveUp(callerFault(thrown));
  }

  read(mode: "flow" | "hold"): void {
    this.stream.read(mode);
  }

  cancel(): void {
    this.giveUp(new ParleyError("CANCELLED", "the reader stopped before the end of the stream"));
  }

  override onDrain(): void {
    this.#requests?.onDrain();
  }

  protected override onResponse(): void {
    this.#reply();
  }

  protected override onMessage(bytes: Uint8Array): void {
    this.#received += 1;
    const { kind, descriptor } = this.call.operation;
    if (kind === "client_streaming" && this.#received > 1) throw this.#wrongCount("more");
    this.#responses.push(decodeMessage(descriptor.output, bytes), bytes.length);
  }

  protected override onSuccess(): void {
    if (this.call.operation.kind === "client_streaming" && this.#received === 0) throw this.#wrongCount("none");
    this.settle();
    this.#stopSending();
    this.#reply();
    this.#responses.end();
  }

  protected override onFailure(error: ParleyError): void {
    if (this.lingers) this.#linger();
    else this.#stopSending();
    this.#responses.fail(error);
    if (!this.#replied) this.#receiver.reject(error);
  }

  #reply(): void {
    if (this.#replied) return;
    this.#replied = true;
    const { header, trailer } = this.metadata();
    this.#receiver.resolve({ streaming: true, messages: this.#responses, header, trailer });
  }

  /** Until it is reset: the request must not end as if it were whole, and the peer sends no more than a window of what is not read. */
  #linger(): void {
    this.#requests?.stop();
    this.stream.read("hold");
  }

  /** The answer is complete: what was still to be sent is not wanted any more. */
  #stopSending(): void {
    this.#requests?.stop();
    this.stream.end();
  }

  #wrongCount(count: "none" | "more"): ParleyError {
    return new ParleyError("UNIMPLEMENTED", `${this.call.operation.path} must answer with one message, got ${count}`);
  }
}
