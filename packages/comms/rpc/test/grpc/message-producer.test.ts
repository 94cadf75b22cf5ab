import type { Message } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { type MessageSubscriber, messagePublisherOf } from "../../src/grpc/message-publisher.ts";

/** Notes what it is told. */
class Taker implements MessageSubscriber {
  readonly heard: unknown[] = [];
  readonly #told = Promise.withResolvers<void>();
  readonly told = this.#told.promise;

  onNext(next: IteratorResult<Message, undefined>): void {
    this.heard.push(next);
    this.#told.resolve();
  }

  onError(thrown: unknown): void {
    this.heard.push(thrown);
    this.#told.resolve();
  }
}

/** Messages by an iterator written by hand. */
function by(iterator: object): AsyncIterable<Message> {
  return { [Symbol.asyncIterator]: () => iterator as AsyncIterator<Message> };
}

const failure = new Error("no");
const end = { done: true, value: undefined };

test.each<[how: string, next: () => unknown, heard: unknown]>([
  ["promises", async () => end, end],
  ["answers at once", () => end, end],
  ["rejects", () => Promise.reject(failure), failure],
  [
    "throws at once",
    () => {
      throw failure;
    },
    failure,
  ],
])("an iterator that %s tells it once", async (_how, next, heard) => {
  const subscriber = new Taker();
  messagePublisherOf(by({ next })).request(subscriber);
  await subscriber.told;
  expect(subscriber.heard).toEqual([heard]);
});

test.each<[how: string, iterator: object]>([
  ["has no return", {}],
  [
    "throws from it",
    {
      return() {
        throw failure;
      },
    },
  ],
  ["rejects from it", { return: () => Promise.reject(failure) }],
])("an iterator that %s can be dismissed", (_how, iterator) => {
  messagePublisherOf(by(iterator)).cancel();
});

test("a producer is taken as it is, and can be read as an iterable", async () => {
  const producer = messagePublisherOf(
    (async function* () {
      yield { $typeName: "a" };
      yield { $typeName: "b" };
    })(),
  );
  expect(messagePublisherOf(producer)).toBe(producer);
  expect((await Array.fromAsync(producer)).map(({ $typeName }) => $typeName)).toEqual(["a", "b"]);
  expect(await producer.return()).toEqual(end);
  expect((await producer.next()).done).toBe(true);
});

test("messages that cannot begin throw when they are to", () => {
  const messages = {
    [Symbol.asyncIterator]() {
      throw failure;
    },
  } as unknown as AsyncIterable<Message>;
  expect(() => messagePublisherOf(messages)).toThrow(failure);
});
