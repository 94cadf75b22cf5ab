import type { Message } from "@bufbuild/protobuf";
import { Metadata, toParleyError } from "@parley/core";
import { attachObserver, deriveContext, type StreamWatcher, watchStream } from "@parley/core/internal";
import { expect, test } from "vitest";
import { MethodMessages } from "../../src/server/method-messages.ts";

/** What a method gives, whose answers are messages as they are; `"bad"` is none. */
function messagesOf(answers: () => AsyncIterable<unknown>): MethodMessages {
  const steps = {
    toMessage(answer: unknown): Message {
      if (answer === "bad") throw new TypeError("bad is no message");
      return answer as Message;
    },
    failure: toParleyError,
  };
  const metadata = { header: new Metadata(), trailer: new Metadata() };
  return new MethodMessages(answers, steps, { context: deriveContext({ timeoutMs: 1_000 }), metadata });
}

function notes() {
  const heard: string[] = [];
  const watcher: StreamWatcher = {
    onMessage: () => heard.push("message"),
    onEnd: (end) => heard.push(end.how === "failed" ? `failed: ${toParleyError(end.thrown).code}` : end.how),
  };
  return { heard, watcher };
}

/** Not `Array.fromAsync`, which also stops a stream that has failed. */
async function read(messages: AsyncIterable<unknown>): Promise<void> {
  for await (const _each of messages);
}

test.each<[how: string, answers: () => AsyncIterable<unknown>, heard: readonly string[]]>([
  [
    "runs dry",
    async function* () {
      yield {};
      yield {};
    },
    ["message", "message", "finished"],
  ],
  [
    "throws",
    async function* () {
      yield {};
      throw new Error("no");
    },
    ["message", "failed: INTERNAL"],
  ],
  [
    "gives what is no message",
    async function* () {
      yield "bad";
    },
    ["failed: INTERNAL"],
  ],
  [
    "cannot begin",
    () => {
      throw new Error("no");
    },
    ["failed: INTERNAL"],
  ],
])(
  "the watchers of a method that %s hear of it, whether the stream tells them itself or not",
  async (_how, answers, heard) => {
    const [own, around] = [notes(), notes()];
    const messages = messagesOf(answers);
    expect(watchStream(messages, own.watcher)).toBe(messages);
    expect(messages[attachObserver](around.watcher)).toBe("full");
    await read(watchStream(messages, around.watcher)).catch(() => {});
    expect(own.heard).toEqual(heard);
    expect(around.heard).toEqual(heard);
  },
);

test("a reader that stops ends the method, which its watcher hears; one that never began has nothing to end", async () => {
  let ended = 0;
  const answers = async function* () {
    try {
      yield {};
      yield {};
    } finally {
      ended += 1;
    }
  };
  const { heard, watcher } = notes();
  for await (const _each of watchStream(messagesOf(answers), watcher)) break;
  expect(heard).toEqual(["message", "stopped"]);
  expect(ended).toBe(1);
  const unread = messagesOf(answers);
  expect(await unread.return()).toEqual({ done: true, value: undefined });
  expect((await unread.next()).done).toBe(true);
  expect(ended).toBe(1);
});

test.each<[how: string, leave: () => unknown]>([
  ["answers at once", () => ({ done: true, value: undefined })],
  [
    "throws",
    () => {
      throw new Error("no");
    },
  ],
])("an iterator written by hand whose return %s is left all the same", async (_how, leave) => {
  let left = 0;
  const iterator = {
    next: async () => ({ done: false, value: "bad" }),
    return: () => {
      left += 1;
      return leave();
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  const messages = messagesOf(() => iterator as unknown as AsyncIterable<unknown>);
  await expect(messages.next()).rejects.toMatchObject({ code: "INTERNAL" });
  expect(left).toBe(1);
  const unread = messagesOf(() => iterator as unknown as AsyncIterable<unknown>);
  const asked = unread.next();
  expect(await unread.return()).toEqual({ done: true, value: undefined });
  await expect(asked).rejects.toMatchObject({ code: "INTERNAL" });
});

test("who asks for several at once gets each, and in order", async () => {
  const answers = async function* () {
    yield { number: 1 };
    yield { number: 2 };
  };
  const messages = messagesOf(answers);
  const [first, second, end] = await Promise.all([messages.next(), messages.next(), messages.next()]);
  expect(first.value).toEqual({ number: 1 });
  expect(second.value).toEqual({ number: 2 });
  expect(end.done).toBe(true);
});
