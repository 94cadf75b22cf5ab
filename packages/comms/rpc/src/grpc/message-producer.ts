import type { Message } from "@bufbuild/protobuf";
import { stopIterator } from "@parley/core/internal";

/** Who asks for messages: for each that it asks for, one of the two is called once, perhaps before the asking returns. */
export interface MessageTaker {
  onNext(next: IteratorResult<Message, undefined>): void;
  onThrown(thrown: unknown): void;
}

/**
 * Messages that are told, where an iterator would promise them: a promise less for each, and while one is waited for a quarter of a
 * KiB less is held. Neither method throws.
 */
export abstract class MessageProducer implements AsyncIterableIterator<Message, undefined> {
  abstract ask(taker: MessageTaker): void;
  /** No more is wanted. What it throws on its way out concerns nobody. */
  abstract dismiss(): void;

  next(): Promise<IteratorResult<Message, undefined>> {
    return new Promise((onNext, onThrown) => this.ask({ onNext, onThrown }));
  }

  return(): Promise<IteratorResult<Message, undefined>> {
    this.dismiss();
    return Promise.resolve(NO_MORE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

export const NO_MORE: IteratorResult<Message, undefined> = { done: true, value: undefined };

/** The messages as a producer, which some are themselves. @throws what they throw when they are to begin. */
export function producerOf(messages: AsyncIterable<Message>): MessageProducer {
  if (messages instanceof MessageProducer) return messages;
  return new IteratedMessages(messages[Symbol.asyncIterator]());
}

class IteratedMessages extends MessageProducer {
  readonly #iterator: AsyncIterator<Message, undefined>;

  constructor(iterator: AsyncIterator<Message, undefined>) {
    super();
    this.#iterator = iterator;
  }

  ask(taker: MessageTaker): void {
    try {
      // One written by hand may answer at once.
      Promise.resolve(this.#iterator.next()).then(
        (next) => taker.onNext(next),
        (thrown) => taker.onThrown(thrown),
      );
    } catch (thrown) {
      taker.onThrown(thrown);
    }
  }

  dismiss(): void {
    void stopIterator(this.#iterator);
  }
}
