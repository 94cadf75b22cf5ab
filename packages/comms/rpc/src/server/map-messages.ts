/** Maps a stream lazily. `return` reaches the source at once, also while it is busy, unlike with a generator. */
export function mapMessages<T, U>(source: AsyncIterable<T>, map: (value: T) => U): AsyncIterable<U> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = source[Symbol.asyncIterator]();
      const mapResult = (result: IteratorResult<T>): IteratorResult<U> =>
        result.done ? { done: true, value: undefined } : { done: false, value: map(result.value) };
      return {
        next: () => iterator.next().then(mapResult),
        async return() {
          await iterator.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
