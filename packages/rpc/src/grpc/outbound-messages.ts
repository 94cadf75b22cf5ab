import type { Message } from "@bufbuild/protobuf";

/**
 * Sends the messages of an iterable at the pace of the one who reads them: the next is asked for only once the last has
 * been taken, so a slow peer holds back the producer.
 */
export class OutboundMessages {
  readonly #write: (message: Message) => "go" | "wait";
  #drained: (() => void) | undefined;
  #stopped = false;

  constructor(write: (message: Message) => "go" | "wait") {
    this.#write = write;
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
        if (!this.#stopped && this.#write(next.value) === "wait") await this.#drain();
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
