import type { Message } from "@bufbuild/protobuf";
import { ParleyError, type UnaryCall, type UnaryReply } from "@parley/core";
import { decodeMessage, encodeRequestFrame } from "../grpc/message-codec.ts";
import { Attempt, type AttemptServices } from "./attempt.ts";
import type { ReplyCallbacks } from "./attempt-handler.ts";

/** A unary call on the wire. Its answer is good only with an OK status behind it, whatever came before. */
export class UnaryAttempt extends Attempt {
  readonly #receiver: ReplyCallbacks<UnaryReply>;
  #response: Uint8Array | undefined;

  constructor(call: UnaryCall, services: AttemptServices, receiver: ReplyCallbacks<UnaryReply>) {
    const frame = encodeRequestFrame(call.operation, call.message, services.compression);
    super(call, services);
    this.#receiver = receiver;
    this.stream.end(frame);
  }

  override onDrain(): void {
    // The request is one message, written at once.
  }

  protected override onResponse(): void {
    // Nothing to do before the end.
  }

  protected override onMessage(bytes: Uint8Array): void {
    if (this.#response) throw this.#wrongCount("more");
    this.#response = bytes;
  }

  protected override onSuccess(): void {
    if (!this.#response) throw this.#wrongCount("none");
    const message: Message = decodeMessage(this.call.operation.descriptor.output, this.#response);
    this.settle();
    const { header, trailer } = this.metadata();
    this.#receiver.resolve({ streaming: false, message, header, trailer });
  }

  protected override onFailure(error: ParleyError): void {
    this.#receiver.reject(error);
  }

  #wrongCount(count: "none" | "more"): ParleyError {
    return new ParleyError("UNIMPLEMENTED", `${this.call.operation.path} must answer with one message, got ${count}`);
  }
}
