import { setTimeout as sleep } from "node:timers/promises";
import { openRaw } from "@parley/wire/testing";
import { expect, test } from "vitest";
import { openRealLibrary } from "./support/real-library.ts";

test("a hundred clients that ask and leave each turn cost nobody else an answer", async () => {
  const { port, url } = await openRealLibrary({
    // As many resets as nghttp2 takes, or fewer.
    server: { streamResets: { burst: 200, perSecond: 33 } },
    methods: {
      async getBook({ name }) {
        await sleep(name === "stays" ? 300 : 2_000); // it heeds no signal
        return { book: { name } };
      },
    },
  });
  const statuses: Promise<number>[] = [];
  for (let turn = 0; turn < 8; turn++) {
    const leaving = await Promise.all(
      Array.from({ length: 100 }, () => openRaw(port, "GET /v1/books/leaves HTTP/1.1\r\nhost: x\r\n\r\n")),
    );
    for (let other = 0; other < 5; other++) {
      statuses.push(fetch(`${url}/v1/books/stays`).then(({ status }) => status));
    }
    await sleep(50);
    for (const { socket } of leaving) socket.destroy();
  }
  expect(new Set(await Promise.all(statuses))).toEqual(new Set([200]));
});
