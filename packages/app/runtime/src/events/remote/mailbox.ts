/**
 * A stream that is written from anywhere and read by one. What may wait in it is bounded by those who write: each message is
 * an answer, or one of at most `concurrency` deliveries.
 */
export interface Mailbox<T> extends AsyncIterable<T> {
  /** Does nothing after the end. */
  send(message: T): void;
  /** Ends the stream after what was sent. Idempotent. */
  end(): void;
}

export function createMailbox<T>(): Mailbox<T> {
  const waiting: T[] = [];
  let ended = false;
  let wake = (): void => {};
  return {
    send(message) {
      if (ended) return;
      waiting.push(message);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const next = waiting.shift();
        if (next !== undefined) yield next;
        else if (ended) return;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    },
  };
}
