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

/** The method by which a stream takes a watcher that it tells itself. */
export const attachObserver: unique symbol = Symbol("attachObserver");

/** A stream that tells its watcher itself. No other stands around it then, which would hold a tenth of what an open stream does. */
export interface ObservableStream {
  /** `"full"` if it has one already. */
  [attachObserver](watcher: StreamWatcher): "taken" | "full";
}

/** The same stream, watched. It must not have been read yet. */
export function watchStream<T>(stream: AsyncIterable<T>, watcher: StreamWatcher): AsyncIterable<T> {
  const taken = (stream as Partial<ObservableStream>)[attachObserver]?.(watcher);
  return taken === "taken" ? stream : new WatchedStream(stream, watcher);
}

/**
 * A plain iterator without async functions: those would cost two promises more for each message, an async generator three.
 * Read once, as the streams of calls are.
 */
class WatchedStream<T> implements AsyncIterableIterator<T> {
  readonly #stream: AsyncIterable<T>;
  readonly #watcher: StreamWatcher;
  #source: AsyncIterator<T> | undefined;

  constructor(stream: AsyncIterable<T>, watcher: StreamWatcher) {
    this.#stream = stream;
    this.#watcher = watcher;
  }

  [Symbol.asyncIterator](): this {
    this.#source ??= this.#stream[Symbol.asyncIterator]();
    return this;
  }

  next(): Promise<IteratorResult<T>> {
    this.#source ??= this.#stream[Symbol.asyncIterator]();
    return this.#source.next().then(this.#onResult, this.#onError);
  }

  async return(): Promise<IteratorResult<T>> {
    this.#watcher.onEnd?.({ how: "stopped" });
    return (await this.#source?.return?.()) ?? { done: true, value: undefined };
  }

  readonly #onResult = (result: IteratorResult<T>): IteratorResult<T> => {
    if (result.done) this.#watcher.onEnd?.({ how: "finished" });
    else this.#watcher.onMessage?.();
    return result;
  };

  readonly #onError = (thrown: unknown): never => {
    this.#watcher.onEnd?.({ how: "failed", thrown });
    throw thrown;
  };
}
