import {
  type CallContext,
  currentContext,
  type ErrorDetail,
  isParleyError,
  Metadata,
  ParleyError,
  runWithContext,
} from "@parley/core";
import { deriveContext } from "@parley/core/internal";
import { afterEach, describe, expect, test } from "vitest";
import type { Channel } from "../../src/channel/channel.ts";
import type { Client } from "../../src/client/client.ts";
import { createClient } from "../../src/client/create-client.ts";
import { implement } from "../../src/server/implement.ts";
import type { ServiceImplementation } from "../../src/server/service-implementation.ts";
import type { ServerOptions } from "../../src/server-options.ts";
import { EchoService } from "../gen/parley/test/v1/echo_pb.ts";

/** A way for calls to reach a server. */
export interface CallPath {
  open(options: ServerOptions): Promise<{ readonly channel: Channel; close(): Promise<void> }>;
}

type Echo = ServiceImplementation<typeof EchoService>;

const working: Echo = {
  echo: ({ text, payload }) => ({ text, payload }),
  read: ({ text }) => ({ text }),
  async *expand({ text, count }) {
    for (let index = 0; index < count; index++) yield { text, index };
  },
  async collect(requests) {
    let text = "";
    for await (const request of requests) text += request.text;
    return { text };
  },
  async *chat(requests) {
    let index = 0;
    for await (const { text } of requests) yield { text: text.toUpperCase(), index: index++ };
  },
};

/** What calls do, whatever carries them: every way for a call to reach a server passes this. */
export function describeCalls(name: string, path: CallPath): void {
  describe(`calls ${name}`, () => {
    const closing: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const close of closing.splice(0)) await close();
    });

    const serve = async (
      methods: Partial<Echo> = {},
      options: Partial<ServerOptions> = {},
    ): Promise<Client<typeof EchoService>> => {
      const opened = await path.open({ services: [implement(EchoService, { ...working, ...methods })], ...options });
      closing.push(opened.close);
      return createClient(EchoService, opened.channel);
    };

    test("have four shapes", async () => {
      const client = await serve();
      expect((await client.echo({ text: "one" })).text).toBe("one");
      expect((await all(client.expand({ text: "x", count: 3 }))).map(({ index }) => index)).toEqual([0, 1, 2]);
      expect((await client.collect(stream("a", "b", "c"))).text).toBe("abc");
      expect((await all(client.chat(stream("a", "b")))).map(({ text }) => text)).toEqual(["A", "B"]);
      expect(await all(client.expand({ count: 0 }))).toEqual([]);
      expect(await all(client.chat(stream()))).toEqual([]);
    });

    test("a conversation goes to and fro: no side waits for the other to end", async () => {
      const client = await serve();
      const said: string[] = [];
      const questions = createSource<{ text: string }>();
      const replies = client.chat(questions.messages)[Symbol.asyncIterator]();
      for (const text of ["one", "two"]) {
        questions.push({ text });
        said.push((await replies.next()).value?.text ?? "");
      }
      questions.end();
      const end = replies.next();
      expect((await end).done).toBe(true);
      expect(said).toEqual(["ONE", "TWO"]);
    });

    test("carry metadata both ways, text and bytes", async () => {
      const bytes = Uint8Array.of(0, 1, 254, 255);
      const client = await serve({
        echo: (_, context) => {
          for (const value of context.header.getAll("x-many")) context.responseHeader.append("x-many", value);
          context.responseTrailer.set("x-bytes-bin", context.header.getBytes("x-bytes-bin") ?? new Uint8Array());
          return {};
        },
      });
      const metadata = new Metadata([
        ["x-many", "a"],
        ["x-many", "b"],
        ["x-bytes-bin", bytes],
      ]);
      let header: Metadata | undefined;
      let trailer: Metadata | undefined;
      await client.echo({}, { metadata, onHeader: (got) => (header = got), onTrailer: (got) => (trailer = got) });
      expect(header?.getAll("x-many")).toEqual(["a", "b"]);
      expect(Array.from(trailer?.getBytes("x-bytes-bin") ?? [])).toEqual([...bytes]);
    });

    test("carry the context, and leave less of the deadline", async () => {
      let seen: CallContext | undefined;
      let current: CallContext | undefined;
      const client = await serve({
        echo: (_, context) => {
          seen = context;
          current = currentContext();
          return {};
        },
      });
      const parent = deriveContext({
        requestId: "r-1",
        correlationId: "c-1",
        tenant: "t-1",
        authorization: "Bearer abc",
        baggage: { shop: "näh" },
        timeoutMs: 3_000,
      });
      await runWithContext(parent, () => client.echo({}));
      expect(seen).toMatchObject({
        requestId: "r-1",
        correlationId: "c-1",
        tenant: "t-1",
        authorization: "Bearer abc",
        caller: "tester",
      });
      expect(seen?.baggage).toEqual({ shop: "näh" });
      expect(seen?.trace.traceId).toBe(parent.trace.traceId);
      expect(seen?.trace.spanId).not.toBe(parent.trace.spanId);
      // The deadline travels as what is left of it; a network adds a little on the way.
      expect(Math.abs((seen?.deadlineMs ?? 0) - parent.deadlineMs)).toBeLessThan(200);
      expect(current?.requestId).toBe("r-1");
    });

    test("fail with the code, message and details that the handler threw", async () => {
      const details: readonly ErrorDetail[] = [
        { type: "bad_request", violations: [{ field: "items[0].price", description: "must be > 0", reason: "gt" }] },
        { type: "retry_info", retryAfterMs: 1_500 },
        { type: "error_info", reason: "SOLD_OUT", domain: "shop", metadata: { sku: "1" } },
        { type: "opaque", typeUrl: "type.googleapis.com/shop.v1.Why", value: Uint8Array.of(8, 1) },
      ];
      const thrown = new ParleyError("FAILED_PRECONDITION", "50 % of ünits are gone\n", { details });
      const client = await serve({
        echo: (_, context) => {
          context.responseTrailer.set("x-why", "sold");
          throw thrown;
        },
      });
      let trailer: Metadata | undefined;
      const error = await failure(client.echo({}, { onTrailer: (got) => (trailer = got) }));
      expect(error).toMatchObject({ code: "FAILED_PRECONDITION", message: thrown.message });
      expect(error.details).toEqual(details);
      expect(trailer?.get("x-why")).toBe("sold");
    });

    test("hide what a handler throws that is no ParleyError", async () => {
      const client = await serve({
        echo: () => {
          throw new Error("password=hunter2");
        },
      });
      expect(await failure(client.echo({}))).toMatchObject({ code: "INTERNAL", message: "internal error" });
    });

    test("refuse a request that breaks its contract, with the field", async () => {
      const client = await serve();
      const error = await failure(client.echo({ count: -1 }));
      expect(error.code).toBe("INVALID_ARGUMENT");
      expect(error.detail("bad_request")?.violations[0]?.field).toBe("count");
      expect(await failure(client.collect(requests({ text: "a" }, { count: -1 })))).toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    });

    test("fail in the midst of a stream, after what came before", async () => {
      const client = await serve({
        async *expand() {
          yield { index: 0 };
          yield { index: 1 };
          throw new ParleyError("DATA_LOSS", "torn");
        },
      });
      const got: number[] = [];
      const reading = (async () => {
        for await (const { index } of client.expand({})) got.push(index);
      })();
      expect(await failure(reading)).toMatchObject({ code: "DATA_LOSS", message: "torn" });
      expect(got).toEqual([0, 1]);
    });

    test("fail on both sides when the request stream throws", async () => {
      const ended = Promise.withResolvers<string>();
      const client = await serve({
        async collect(messages) {
          try {
            for await (const _ of messages);
            ended.resolve("complete");
          } catch (error) {
            ended.resolve(isParleyError(error) ? error.code : "other");
            throw error;
          }
          return {};
        },
      });
      const broken = (async function* () {
        yield { text: "a" };
        throw new ParleyError("ABORTED", "the file ended early");
      })();
      await expect(client.collect(broken)).rejects.toBeDefined();
      expect(await ended.promise).toBe("CANCELLED");
    });

    test("end at their deadline on both sides", async () => {
      const aborted = Promise.withResolvers<unknown>();
      const client = await serve({
        echo: (_, { signal }) => {
          signal.addEventListener("abort", () => aborted.resolve(signal.reason));
          return new Promise(() => {});
        },
      });
      expect(await failure(client.echo({}, { timeoutMs: 80 }))).toMatchObject({ code: "DEADLINE_EXCEEDED" });
      // Each side has a timer of its own; the server may hear of the client's first.
      expect(await aborted.promise).toMatchObject({ code: expect.stringMatching(/DEADLINE_EXCEEDED|CANCELLED/) });
    });

    test("a stream ends at its deadline too", async () => {
      const client = await serve({
        async *expand(_, { signal }) {
          yield {};
          await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        },
      });
      const reading = all(client.expand({}, { timeoutMs: 80 }));
      expect(await failure(reading)).toMatchObject({ code: "DEADLINE_EXCEEDED" });
    });

    test("are cancelled on both sides by the caller's signal", async () => {
      const started = Promise.withResolvers<void>();
      const aborted = Promise.withResolvers<unknown>();
      const client = await serve({
        echo: (_, { signal }) => {
          signal.addEventListener("abort", () => aborted.resolve(signal.reason));
          started.resolve();
          return new Promise(() => {});
        },
      });
      const controller = new AbortController();
      const call = failure(client.echo({}, { signal: controller.signal }));
      await started.promise;
      controller.abort();
      expect(await call).toMatchObject({ code: "CANCELLED" });
      expect(await aborted.promise).toMatchObject({ code: "CANCELLED" });
    });

    test("are cancelled by a reader who stops early", async () => {
      const ended = Promise.withResolvers<void>();
      const client = await serve({
        async *expand() {
          try {
            for (let index = 0; ; index++) yield { index };
          } finally {
            ended.resolve();
          }
        },
      });
      for await (const { index } of client.expand({})) if (index === 2) break;
      await ended.promise;
    });

    test("refuse messages over the limit, in both directions", async () => {
      const big = new Uint8Array(200_000);
      const client = await serve({ echo: () => ({ payload: big }) }, { maxReceiveBytes: 100_000 });
      expect(await failure(client.echo({ payload: big }))).toMatchObject({ code: "RESOURCE_EXHAUSTED" });
      expect((await client.echo({})).payload.length).toBe(200_000);
      const small = await serve({ echo: () => ({ payload: new Uint8Array(5 * 1024 * 1024) }) });
      expect(await failure(small.echo({}))).toMatchObject({ code: "RESOURCE_EXHAUSTED" });
    });

    test("hold the producer back while the reader rests", async () => {
      let produced = 0;
      const client = await serve({
        async *expand() {
          for (; produced < 2_000; produced++) yield { payload: new Uint8Array(16_384) };
        },
      });
      let read = 0;
      for await (const _ of client.expand({}, { timeoutMs: 5_000 })) {
        if (++read > 1) continue;
        for (let i = 0; i < 300; i++) await turn();
        expect(produced).toBeLessThan(500);
      }
      expect(read).toBe(2_000);
    });

    test("share no object between caller and handler", async () => {
      const kept: { text: string }[] = [];
      const client = await serve({
        echo: (request) => {
          kept.push(request);
          request.text = "changed";
          return request as never;
        },
      });
      const request = { text: "mine", count: 0 };
      const reply = await client.echo(request);
      expect(request.text).toBe("mine");
      expect(reply).not.toBe(kept[0]);
    });

    test("name a service that is not served", async () => {
      const opened = await path.open({ services: [] });
      closing.push(opened.close);
      const error = await failure(createClient(EchoService, opened.channel).echo({}));
      expect(error.code).toBe("UNIMPLEMENTED");
      expect(error.message).toContain("parley.test.v1.EchoService");
    });

    test("go side by side", async () => {
      const client = await serve();
      const texts = Array.from({ length: 300 }, (_, i) => String(i));
      const replies = await Promise.all(texts.map((text) => client.echo({ text })));
      expect(replies.map(({ text }) => text)).toEqual(texts);
    });

    test("carry large messages side by side and one after another, and none is written over", async () => {
      const client = await serve();
      const kept: { readonly fill: number; readonly text: string; readonly payload: Uint8Array }[] = [];
      for (let round = 0; round < 3; round++) {
        const calls = Array.from({ length: 6 }, async (_, index) => {
          const fill = round * 6 + index + 1;
          const payload = new Uint8Array(700_000 + fill).fill(fill);
          const reply = await client.echo({ text: String.fromCharCode(96 + fill).repeat(300_000), payload });
          kept.push({ fill, ...reply });
        });
        await Promise.all(calls);
      }
      for (const { fill, text, payload } of kept) {
        expect(payload.length).toBe(700_000 + fill);
        expect(payload.every((octet) => octet === fill)).toBe(true);
        expect(text === String.fromCharCode(96 + fill).repeat(300_000)).toBe(true);
      }
    });
  });
}

export const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A stream that yields what is pushed, as it is pushed. */
export function createSource<T>() {
  const items: (T | undefined)[] = [];
  let wake = (): void => {};
  const push = (item: T | undefined): void => {
    items.push(item);
    wake();
  };
  async function* messages(): AsyncIterable<T> {
    for (;;) {
      while (items.length > 0) {
        const item = items.shift();
        if (item === undefined) return;
        yield item;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  return { messages: messages(), push: (item: T) => push(item), end: () => push(undefined) };
}

/** Everything a stream yields. */
export async function all<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = [];
  for await (const message of messages) got.push(message);
  return got;
}

async function* requests<T>(...messages: readonly T[]): AsyncIterable<T> {
  yield* messages;
}

function stream(...texts: readonly string[]): AsyncIterable<{ text: string }> {
  return requests(...texts.map((text) => ({ text })));
}

/** The ParleyError that a call fails with. */
export async function failure(call: Promise<unknown>): Promise<ParleyError> {
  try {
    await call;
  } catch (error) {
    if (isParleyError(error)) return error;
    throw error;
  }
  throw new Error("the call did not fail");
}
