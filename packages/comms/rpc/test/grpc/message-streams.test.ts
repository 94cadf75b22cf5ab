import { create, type Message } from "@bufbuild/protobuf";
import { currentContext, runWithContext } from "@parley/core";
import { deriveContext } from "@parley/core/internal";
import { expect, test, vi } from "vitest";
import { InboundMessages } from "../../src/grpc/inbound-messages.ts";
import { OutboundMessages } from "../../src/grpc/outbound-messages.ts";
import { type EchoRequest, EchoRequestSchema } from "../gen/parley/test/v1/echo_pb.ts";

const message = (text: string): EchoRequest => create(EchoRequestSchema, { text });

function source() {
  const steps: string[] = [];
  return { steps, read: (mode: "flow" | "hold") => steps.push(mode), cancel: () => steps.push("cancel") };
}

test("unread messages hold the source, and reading lets it go on", async () => {
  const from = source();
  const messages = new InboundMessages(from);
  for (let count = 0; count < 4; count++) messages.push(message("x"), 20_000);
  expect(from.steps).toEqual(["hold"]);
  await messages.next();
  expect(from.steps).toEqual(["hold", "flow"]);
});

test.each([1, 255, 256, 257, 1_000])(
  "%d messages that are unread are read in order, with more coming meanwhile",
  async (ahead) => {
    const messages = new InboundMessages(source());
    let [came, read] = [0, 0];
    const come = (): void => messages.push(message(String(came++)), 1);
    while (came < ahead) come();
    while (came < 3 * ahead) {
      expect((await messages.next()).value).toMatchObject({ text: String(read++) });
      come();
      if (came % 3 === 0) come();
    }
    messages.end();
    for await (const each of messages) expect(each).toMatchObject({ text: String(read++) });
    expect(read).toBe(came);
  },
);

test("a reader that waits for nothing but messages lets the event loop turn between them", async () => {
  const messages = new InboundMessages(source());
  for (let count = 0; count < 50_000; count++) messages.push(message("x"), 1);
  messages.end();
  let inTurn = 0;
  let most = 0;
  let isOver = false;
  const countTurn = (): void => {
    inTurn = 0;
    if (!isOver) setImmediate(countTurn);
  };
  countTurn();
  for await (const _each of messages) {
    const untilMs = performance.now() + 0.01;
    while (performance.now() < untilMs);
    inTurn += 1;
    most = Math.max(most, inTurn);
  }
  isOver = true;
  expect(most).toBeLessThan(2_000);
});

test("an error comes after what is unread, to every reader that waits, and once", async () => {
  const messages = new InboundMessages(source());
  messages.push(message("first"), 1);
  messages.fail(new Error("broken"));
  expect((await messages.next()).value).toMatchObject({ text: "first" });
  await expect(messages.next()).rejects.toThrow("broken");
  expect((await messages.next()).done).toBe(true);
});

test("a reader that stops early cancels the source, once", async () => {
  const from = source();
  const messages = new InboundMessages(from);
  messages.push(message("first"), 1);
  for await (const _each of messages) break;
  await messages.return();
  expect(from.steps).toEqual(["cancel"]);
});

function producer() {
  const state = { asked: 0, finished: false };
  async function* messages(): AsyncGenerator<Message> {
    try {
      for (;;) {
        state.asked += 1;
        yield message(String(state.asked));
      }
    } finally {
      state.finished = true;
    }
  }
  return { state, messages };
}

/** A stream that answers each message as it is told to, and notes how it ended. */
function sink(write: (message: Message) => "go" | "wait") {
  const end = Promise.withResolvers<string>();
  return {
    write,
    ended: end.promise,
    onSent: (outcome: "all" | "stopped") => end.resolve(outcome),
    onSendFailure: (thrown: unknown) => end.resolve((thrown as Error).message),
  };
}

test("a stream that is full holds the producer; a stop ends it", async () => {
  const { state, messages } = producer();
  const full = Promise.withResolvers<void>();
  const to = sink(() => {
    full.resolve();
    return "wait";
  });
  const outbound = new OutboundMessages(to);
  outbound.send(messages());
  await full.promise;
  expect(state.asked).toBe(1);
  outbound.stop();
  expect(await to.ended).toBe("stopped");
  expect(state).toEqual({ asked: 1, finished: true });
});

test("a stop while a message is written ends the producer, though the stream is full", async () => {
  const { state, messages } = producer();
  const to = sink(() => {
    outbound.stop();
    return "wait";
  });
  const outbound = new OutboundMessages(to);
  outbound.send(messages());
  expect(await to.ended).toBe("stopped");
  expect(state).toEqual({ asked: 1, finished: true });
});

test("a message that cannot be written ends the producer too", async () => {
  const { state, messages } = producer();
  const to = sink(() => {
    throw new Error("not writable");
  });
  new OutboundMessages(to).send(messages());
  expect(await to.ended).toBe("not writable");
  expect(state.finished).toBe(true);
});

const broken = (): never => {
  throw new Error("broken");
};

test.each([
  ["that cannot begin", { [Symbol.asyncIterator]: broken }],
  ["that throws at once", { [Symbol.asyncIterator]: () => ({ next: broken }) }],
])("a producer %s fails the stream", async (_what, messages) => {
  const to = sink(() => "go");
  new OutboundMessages(to).send(messages);
  expect(await to.ended).toBe("broken");
});

test("a producer written by hand may answer at once, and have nothing to be told by", async () => {
  const answers = [{ done: false, value: message("one") }, { done: true }];
  const messages = { [Symbol.asyncIterator]: () => ({ next: () => answers.shift() }) };
  const written: unknown[] = [];
  const to = sink((each) => {
    written.push(each);
    return "go";
  });
  new OutboundMessages(to).send(messages as unknown as AsyncIterable<Message>);
  expect(await to.ended).toBe("all");
  expect(written).toEqual([message("one")]);
});

test("a producer goes on in its own context when the stream has drained, not in that of the connection", async () => {
  const contexts: unknown[] = [];
  async function* messages(): AsyncGenerator<Message> {
    for (const text of ["a", "b"]) {
      contexts.push(currentContext()?.requestId);
      yield message(text);
    }
  }
  const full = Promise.withResolvers<void>();
  const to = sink(() => {
    full.resolve();
    return "wait";
  });
  const outbound = new OutboundMessages(to);
  runWithContext(deriveContext({ requestId: "own", timeoutMs: 1_000 }), () => outbound.send(messages()));
  await full.promise;
  outbound.onDrain();
  await vi.waitFor(() => expect(contexts).toEqual(["own", "own"]));
  outbound.stop();
  expect(await to.ended).toBe("stopped");
});
