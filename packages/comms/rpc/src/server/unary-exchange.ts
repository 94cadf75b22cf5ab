import { Metadata, ParleyError, type Reply, runWithContext, type UnaryCall } from "@parley/core";
import type { StreamSink } from "@parley/wire/internal/http2";
import { decodeMessage, encodeMessageFrame } from "../grpc/message-codec.ts";
import { Exchange } from "./exchange.ts";

/** A unary call on the wire: the method runs when the whole request is here. */
export class UnaryExchange extends Exchange implements StreamSink {
  #request: Uint8Array | undefined;

  onEnd(): void {
    if (!this.open) return;
    const { operation, handle } = this.route;
    try {
      if (this.partial) throw new ParleyError("INTERNAL", "the request ended within a message");
      if (!this.#request) throw wrongCount(operation.path, "none");
      const message = decodeMessage(operation.descriptor.input, this.#request);
      this.#request = undefined; // large ones are not held while the method runs and its answer is sent
      const call = this.#callOf(message);
      const reply = runWithContext(this.context, () => handle(call));
      this.caller.running += 1;
      reply.then(this.#reply, this.#fail);
    } catch (error) {
      this.fail(error);
    }
  }

  protected override onAborted(): void {
    // Nothing waits for the client.
  }

  protected override onMessage(bytes: Uint8Array): void {
    if (this.#request) throw wrongCount(this.route.operation.path, "more");
    this.#request = bytes;
  }

  #callOf(message: UnaryCall["message"]): UnaryCall {
    return {
      operation: this.route.operation,
      side: "server",
      streaming: false,
      context: this.context,
      message,
      peer: this.caller.address,
      metadata: Metadata.received(this),
    };
  }

  readonly #fail = (thrown: unknown): void => {
    this.caller.running -= 1;
    this.fail(thrown);
  };

  readonly #reply = (reply: Reply): void => {
    this.caller.running -= 1;
    if (!this.open) return;
    const { path, descriptor } = this.route.operation;
    try {
      if (reply.streaming) throw new TypeError(`an interceptor answered ${path} with a stream`);
      const frame = encodeMessageFrame(descriptor.output, reply.message, this.encoding);
      this.sendHeaders(reply.header);
      this.stream.write(frame);
      this.succeed(reply.trailer);
    } catch (error) {
      this.services.logger.error({ err: error, method: path }, "a reply could not be sent");
      this.fail(error);
    }
  };
}

function wrongCount(path: string, count: "none" | "more"): ParleyError {
  return new ParleyError("UNIMPLEMENTED", `${path} takes exactly one request, got ${count}`);
}
