import type { Message } from "@bufbuild/protobuf";
import { stopIterator } from "@parley/core/internal";

/** Who asks for messages: for each that it asks for, one of the two is called once, perhaps before the asking returns. */
export interface MessageSubscriber {
  onNext(next: IteratorResult<Message, undefined>): void;
  onError(thrown: unknown): void;
}

/**
 * Messages that are told, where an iterator would promise them: a promise less for each, and while one is waited for a quarter of a
 * KiB less is held. Neither method throws.
 */
export abstract class MessagePublisher implements AsyncIterableIterator<Message, undefined> {
  abstract request(subscriber: MessageSubscriber): void;
  /** No more is wanted. What it throws on its way out concerns nobody. */
  abstract cancel(): void;

  next(): Promise<IteratorResult<Message, undefined>> {
    return new Promise((onNext, onError) => this.request({ onNext, onError }));
  }

  return(): Promise<IteratorResult<Message, undefined>> {
    this.cancel();
    return Promise.resolve(NO_MORE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

export const NO_MORE: IteratorResult<Message, undefined> = { done: true, value: undefined };

/** The messages as a producer, which some are themselves. @throws what they throw when they are to begin. */
export function messagePublisherOf(messages: AsyncIterable<Message>): MessagePublisher {
  if (messages instanceof MessagePublisher) return messages;
  return new IteratedMessages(messages[Symbol.asyncIterator]());
}

class IteratedMessages extends MessagePublisher {
  readonly #iterator: AsyncIterator<Message, undefined>;

  constructor(iterator: AsyncIterator<Message, undefined>) {
    super();
    this.#iterator = iterator;
  }

  request(subscriber: MessageSubscriber): void {
    try {
      // One written by hand may answer at once.
      Promise.resolve(this.#iterator.next()).then(
        (next) => subscriber.onNext(next),
        (thrown) => subscriber.onError(thrown),
      );
    } catch (thrown) {
      subscriber.onError(thrown);
    }
  }

  cancel(): void {
    void stopIterator(this.#iterator);
  }
}
