/** What a watcher of a stream is told. Each function is called outside of the stream's own work and must not throw. */
export interface StreamWatcher {
  onMessage?(): void;
  /** The stream ran dry, threw, or its reader stopped early. A reader that goes on after the end is told of again. */
  onEnd?(end: StreamEnd): void;
}

export type StreamEnd =
  | { readonly how: "finished" }
  | { readonly how: "stopped" }
  | { readonly how: "failed"; readonly thrown: unknown };

/**
 * The same stream, watched. Written as a plain iterator: an async generator would cost three promises more for each
 * message.
 */
export function watchStream<T>(stream: AsyncIterable<T>, watcher: StreamWatcher): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator](): AsyncIterator<T> {
      const source = stream[Symbol.asyncIterator]();
      return {
        async next() {
          let result: IteratorResult<T>;
          try {
            result = await source.next();
          } catch (thrown) {
            watcher.onEnd?.({ how: "failed", thrown });
            throw thrown;
          }
          if (result.done) watcher.onEnd?.({ how: "finished" });
          else watcher.onMessage?.();
          return result;
        },
        async return() {
          watcher.onEnd?.({ how: "stopped" });
          return (await source.return?.()) ?? { done: true, value: undefined };
        },
      };
    },
  };
}
