import type { Message } from "@bufbuild/protobuf";
import { type MessagePublisher, type MessageSubscriber, messagePublisherOf } from "./message-publisher.ts";

/**
 * Where the messages go, and who hears of their end. An object and not functions: its owner is one already, and closures would
 * be held as long.
 */
export interface MessageSink {
  write(message: Message): "go" | "wait";
  /** Once, when nothing more is asked of the producer: it has given all it had, or was stopped before. */
  onSent(outcome: "all" | "stopped"): void;
  /** In its place: the producer threw, or a message could not be written. */
  onSendFailure(thrown: unknown): void;
}

/**
 * Sends the messages of an iterable at the pace of the one who reads them: the next is asked for only once the last has
 * been taken, so a slow peer holds back the producer. Not an async function, which holds twice as much while it waits.
 *
 * asking (the producer makes its next) -> waiting (for the stream to drain) or asking -> over.
 */
export class OutboundMessages implements MessageSubscriber {
  readonly #sink: MessageSink;
  #producer: MessagePublisher | undefined;
  #drained: (() => void) | undefined;
  #stopped = false;

  constructor(sink: MessageSink) {
    this.#sink = sink;
  }

  /** Begins. The producer runs in the context that this is called in. */
  send(messages: AsyncIterable<Message>): void {
    try {
      this.#producer = messagePublisherOf(messages);
    } catch (thrown) {
      return this.#sink.onSendFailure(thrown);
    }
    this.#ask(this.#producer);
  }

  /** The stream takes more. */
  onDrain(): void {
    this.#drained?.();
    this.#drained = undefined;
  }

  /** No more is wanted. A producer that is busy with a step is told after it. */
  stop(): void {
    this.#stopped = true;
    this.onDrain();
  }

  onNext(next: IteratorResult<Message>): void {
    if (next.done) return this.#sink.onSent(this.#stopped ? "stopped" : "all");
    const producer = this.#producer as MessagePublisher;
    if (this.#stopped) return this.#leave(producer);
    let pace: "go" | "wait";
    try {
      pace = this.#sink.write(next.value);
    } catch (thrown) {
      producer.cancel();
      return this.#sink.onSendFailure(thrown);
    }
    if (pace === "go" || this.#stopped) this.#ask(producer);
    // A promise, so that the producer goes on in its own context and not in that of the connection.
    else void new Promise<void>((resolve) => (this.#drained = resolve)).then(() => this.#ask(producer));
  }

  onError(thrown: unknown): void {
    this.#sink.onSendFailure(thrown);
  }

  #ask(producer: MessagePublisher): void {
    if (this.#stopped) this.#leave(producer);
    else producer.request(this);
  }

  #leave(producer: MessagePublisher): void {
    producer.cancel();
    this.#sink.onSent("stopped");
  }
}
