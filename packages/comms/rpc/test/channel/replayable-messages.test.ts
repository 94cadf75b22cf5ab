import type { Message } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ReplayableMessages } from "../../src/channel/replayable-messages.ts";

test.each<[how: string, leave: () => unknown]>([
  ["promises", async () => ({ done: true, value: undefined })],
  ["answers at once", () => ({ done: true, value: undefined })],
  [
    "throws",
    () => {
      throw new Error("no");
    },
  ],
  ["rejects", () => Promise.reject(new Error("no"))],
])(
  "requests written by hand whose return %s are left once no attempt follows, and the call goes on",
  async (_how, leave) => {
    let left = 0;
    const iterator = {
      next: async () => ({ done: false, value: { $typeName: "a" } }),
      return: () => {
        left += 1;
        return leave();
      },
    };
    const messages = new ReplayableMessages({
      [Symbol.asyncIterator]: () => iterator as unknown as AsyncIterator<Message>,
    });
    const reader = messages[Symbol.asyncIterator]();
    await reader.next();
    await reader.return?.();
    expect(left).toBe(0);
    messages.settle();
    expect(left).toBe(1);
  },
);
