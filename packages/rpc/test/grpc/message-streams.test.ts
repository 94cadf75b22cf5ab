import { create, type Message } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
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

test("a stream that is full holds the producer; a stop ends it", async () => {
  const { state, messages } = producer();
  const full = Promise.withResolvers<void>();
  const outbound = new OutboundMessages({
    write() {
      full.resolve();
      return "wait";
    },
  });
  const sent = outbound.send(messages());
  await full.promise;
  expect(state.asked).toBe(1);
  outbound.stop();
  expect(await sent).toBe("stopped");
  expect(state).toEqual({ asked: 1, finished: true });
});

test("a message that cannot be written ends the producer too", async () => {
  const { state, messages } = producer();
  const outbound = new OutboundMessages({
    write() {
      throw new Error("not writable");
    },
  });
  await expect(outbound.send(messages())).rejects.toThrow("not writable");
  expect(state.finished).toBe(true);
});
