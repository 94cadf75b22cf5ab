import { type CallContext, currentContext, runWithContext } from "@parley/core";

/** Maps a stream lazily. `return` reaches the source at once, also while it is busy, unlike with a generator. */
export function mapMessages<T, U>(source: AsyncIterable<T>, map: (value: T) => U): AsyncIterable<U> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = source[Symbol.asyncIterator]();
      return {
        async next() {
          const next = await iterator.next();
          return next.done ? { done: true, value: undefined } : { done: false, value: map(next.value) };
        },
        async return() {
          await iterator.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/** Runs each step of a stream within a context: a generator otherwise runs in that of whoever asks for the next element. */
export function runStreamWithContext<T>(context: CallContext, open: () => AsyncIterable<T>): AsyncIterable<T> {
  const run = <R>(step: () => R): R => (currentContext() === context ? step() : runWithContext(context, step));
  return {
    [Symbol.asyncIterator]() {
      const iterator = run(() => open()[Symbol.asyncIterator]());
      return {
        next: () => run(() => iterator.next()),
        return: (value?: unknown) =>
          run(() => iterator.return?.(value)) ?? Promise.resolve({ done: true, value: undefined }),
      };
    },
  };
}
