import { request } from "node:http";
import { create, type Message } from "@bufbuild/protobuf";
import { type CallHandler, createManualClock, Metadata, ParleyError, sleep } from "@parley/core";
import { createGateway, type Gateway, type GatewayOptions } from "@parley/gateway";
import { openRaw } from "@parley/wire/testing";
import { afterEach, describe, expect, test } from "vitest";
import { BookSchema, LibraryService } from "./gen/everything_pb.ts";
import { openLibrary } from "./support/library.ts";

const open: Gateway[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((gateway) => gateway.drain({ graceMs: 0, signal: AbortSignal.abort() })));
});

const EVENT_STREAM = { accept: "text/event-stream" };
const bookJson = (id: number) => `{"id":${id},"name":"Emma","genre":"GENRE_UNSPECIFIED","soldCopies":"0"}`;

/** A gateway over one stream of our own making. */
async function listen(
  messages: (signal: AbortSignal) => AsyncIterable<Message>,
  options: Partial<GatewayOptions> = {},
) {
  const call: CallHandler = async ({ context }) => ({
    streaming: true,
    header: new Metadata(),
    trailer: new Metadata(),
    messages: messages(context.signal),
  });
  const channel = { target: "library:1", call, close: async () => {} };
  const gateway = createGateway({ backends: [{ name: "library", service: LibraryService, channel }], ...options });
  open.push(gateway);
  const { port } = await gateway.listen({ port: 0, host: "127.0.0.1" });
  return { gateway, port, url: `http://127.0.0.1:${port}/v1/books:watch` };
}

const book = (id: number, name = "Emma") => create(BookSchema, { id, name });

describe("a stream", () => {
  test("is NDJSON, one element per line", async () => {
    const response = await openLibrary().gateway.inject("/v1/books:watch?count=2");
    expect(response.headers["content-type"]).toBe("application/x-ndjson; charset=utf-8");
    expect(response.body).toBe(`${bookJson(1)}\n${bookJson(2)}\n`);
  });

  test("is server-sent events for who asks for them, and says when it is complete", async () => {
    const { gateway } = openLibrary();
    const response = await gateway.inject({ url: "/v1/books:watch?count=1", headers: EVENT_STREAM });
    expect(response.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
    expect(response.headers["x-request-id"]).toBeDefined();
    expect(response.body).toBe(`data: ${bookJson(1)}\n\nevent: end\ndata: {}\n\n`);
  });

  test("that fails before its first element has an ordinary status", async () => {
    const response = await openLibrary().gateway.inject("/v1/books:watch?count=2&failAfter=-1");
    expect([response.statusCode, response.json()]).toEqual([409, { error: "the shelf fell over" }]);
  });

  test("may be empty", async () => {
    const response = await openLibrary().gateway.inject("/v1/books:watch");
    expect([response.statusCode, response.body]).toEqual([200, ""]);
  });

  test("that fails later says so in its last line, and the response is left unfinished", async () => {
    const { gateway } = openLibrary();
    open.push(gateway);
    const { port } = await gateway.listen({ port: 0, host: "127.0.0.1" });
    const raw = await openRaw(port, "GET /v1/books:watch?count=3&failAfter=1 HTTP/1.1\r\nhost: x\r\n\r\n");
    const received = await raw.closed();
    expect(received).toContain(`${bookJson(1)}\n`);
    expect(received).toContain('{"error":"the shelf fell over"}\n');
    expect(received).not.toContain("\r\n0\r\n"); // the chunk that would end the body
    const failing = fetch(`http://127.0.0.1:${port}/v1/books:watch?count=3&failAfter=1`).then((it) => it.text());
    await expect(failing).rejects.toThrow("terminated");
  });

  test("of events that fails later sends an error event", async () => {
    const url = "/v1/books:watch?count=3&failAfter=1";
    const response = await openLibrary().gateway.inject({ url, headers: EVENT_STREAM });
    expect(response.body).toBe(`data: ${bookJson(1)}\n\nevent: error\ndata: {"error":"the shelf fell over"}\n\n`);
  });

  test("that is quiet opens after a second, and beats", async () => {
    const clock = createManualClock();
    const { port } = await listen(
      async function* (signal) {
        await sleep(3_600_000, { signal });
        yield book(1);
      },
      { clock, heartbeatMs: 15_000 },
    );
    const idle = clock.pending(); // the server looks at its connections now and then
    const raw = await openRaw(port, "GET /v1/books:watch HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n");
    while (clock.pending() < idle + 2) await new Promise(setImmediate); // the deadline, and the wait for the first element
    clock.advance(1_000);
    expect(await raw.until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 200 /);
    clock.advance(15_000);
    await raw.until(/:\n\n/);
    raw.socket.destroy();
    while (clock.pending() > idle) await new Promise(setImmediate); // every timer of the stream goes with its client
  });

  test("ends with its deadline, and says so", async () => {
    const clock = createManualClock();
    const { port } = await listen(
      async function* (signal) {
        yield book(1);
        await sleep(3_600_000, { signal });
      },
      { clock, streamTimeoutMs: 5_000 },
    );
    const raw = await openRaw(port, "GET /v1/books:watch HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n");
    await raw.until(/data: .*\n\n/);
    clock.advance(5_000);
    await raw.until(/event: error\ndata: \{"error":"the request took too long"\}\n\n/);
  });

  test("stops when its client leaves", async () => {
    const { promise: stopped, resolve: stop } = Promise.withResolvers<unknown>();
    const { url } = await listen(async function* (signal) {
      signal.addEventListener("abort", () => stop(signal.reason));
      for (let id = 1; ; id++) {
        yield book(id);
        await sleep(1, { signal });
      }
    });
    const client = request(url).on("error", () => {});
    client.on("response", (response) => response.once("data", () => client.destroy())).end();
    expect(await stopped).toBeInstanceOf(ParleyError);
  });

  test.each<[string, Pick<AsyncIterator<Message>, "return">]>([
    ["that cannot be left", {}],
    [
      "whose leaving throws",
      {
        return: () => {
          throw new Error("no way out");
        },
      },
    ],
    ["whose leaving is no promise", { return: (() => undefined) as never }],
    ["whose leaving fails", { return: () => Promise.reject(new Error("no way out")) }],
  ])("of an iterator written by hand, %s, is left early all the same", async (_, leaving) => {
    const { url, gateway } = await listen(() => ({
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: book(1) }), ...leaving }),
    }));
    expect((await fetch(url, { method: "HEAD" })).status).toBe(200);
    expect(await gateway.drain({ graceMs: 5_000 })).toBe("drained");
  });

  test("goes at its reader's pace", async () => {
    let made = 0;
    const { port } = await listen(async function* () {
      for (let id = 1; id <= 2_000; id++) {
        made++;
        yield book(id, "x".repeat(100_000)); // 200 MB, if nobody holds it back
      }
    });
    const raw = await openRaw(port, "GET /v1/books:watch HTTP/1.1\r\nhost: x\r\n\r\n");
    await raw.until(/xxx/);
    raw.socket.pause();
    let before = -1;
    while (made !== before) {
      before = made;
      await sleep(100); // long enough for a producer that is not held back to make thousands
    }
    expect(made).toBeLessThan(500);
    raw.socket.destroy();
  });

  test("whose reader stops is cut off after a while, and the call is cancelled", async () => {
    const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
    const { port } = await listen(
      async function* (signal) {
        signal.addEventListener("abort", () => stop());
        for (let id = 1; ; id++) yield book(id, "x".repeat(100_000));
      },
      { stallTimeoutMs: 200 },
    );
    const raw = await openRaw(port, "GET /v1/books:watch HTTP/1.1\r\nhost: x\r\n\r\n");
    await raw.until(/xxx/);
    raw.socket.pause();
    await stopped;
    raw.socket.destroy();
  });
});
