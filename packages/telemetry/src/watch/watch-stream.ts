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
 * The same stream, watched. A plain iterator without async functions: those would cost two promises more for each message, an
 * async generator three.
 */
export function watchStream<T>(stream: AsyncIterable<T>, watcher: StreamWatcher): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator](): AsyncIterator<T> {
      const source = stream[Symbol.asyncIterator]();
      const onResult = (result: IteratorResult<T>): IteratorResult<T> => {
        if (result.done) watcher.onEnd?.({ how: "finished" });
        else watcher.onMessage?.();
        return result;
      };
      const onError = (thrown: unknown): never => {
        watcher.onEnd?.({ how: "failed", thrown });
        throw thrown;
      };
      return {
        next: () => source.next().then(onResult, onError),
        async return() {
          watcher.onEnd?.({ how: "stopped" });
          return (await source.return?.()) ?? { done: true, value: undefined };
        },
      };
    },
  };
}
