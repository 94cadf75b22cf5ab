import type { Message } from "@bufbuild/protobuf";

/** Where the messages go. An object and not a function: its owner is one already, and a closure would be held as long. */
export interface MessageSink {
  write(message: Message): "go" | "wait";
}

/**
 * Sends the messages of an iterable at the pace of the one who reads them: the next is asked for only once the last has
 * been taken, so a slow peer holds back the producer.
 */
export class OutboundMessages {
  readonly #sink: MessageSink;
  #drained: (() => void) | undefined;
  #stopped = false;

  constructor(sink: MessageSink) {
    this.#sink = sink;
  }

  /**
   * Resolves with `"stopped"` if {@link stop} came first; the producer is then told by its `return`, and not waited for.
   * Rejects with what the producer throws.
   */
  async send(messages: AsyncIterable<Message>): Promise<"sent" | "stopped"> {
    const producer = messages[Symbol.asyncIterator]();
    let exhausted = false;
    try {
      while (!this.#stopped) {
        exhausted = true; // a producer that throws has ended too
        const next = await producer.next();
        if (next.done) return this.#stopped ? "stopped" : "sent";
        exhausted = false;
        if (!this.#stopped && this.#sink.write(next.value) === "wait") await this.#drain();
      }
      return "stopped";
    } finally {
      // What a producer throws on its way out, once nobody wants more of it, concerns nobody.
      if (!exhausted) producer.return?.().catch(() => {});
    }
  }

  #drain(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }

  /** The stream takes more. */
  onDrain(): void {
    this.#drained?.();
    this.#drained = undefined;
  }

  stop(): void {
    this.#stopped = true;
    this.onDrain();
  }
}
