import { createManualClock, currentContext, failedPrecondition } from "@parley/core";
import { createGateway, type Gateway } from "@parley/gateway";
import { type Channel, createChannel, createHealthService, createServer, implement, type RpcServer } from "@parley/rpc";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LibraryService } from "./gen/everything_pb.ts";

/** The whole way: HTTP, the gateway, gRPC over a real socket, a service, and back. */
let server: RpcServer;
let channel: Channel;
let gateway: Gateway;
let url: string;
const health = createHealthService();
const now = AbortSignal.abort();
/** The signal of the call that is never answered. */
const waiting = Promise.withResolvers<AbortSignal>();

const library = implement(LibraryService, {
  getBook: ({ name }) => {
    const context = currentContext();
    if (name === "context")
      return { book: { name: `${context?.requestId} ${context?.caller} ${context?.authorization}` } };
    if (name === "broken") throw new Error("secret");
    if (name === "never" && context) {
      waiting.resolve(context.signal);
      return new Promise(() => {});
    }
    return { book: { name, soldCopies: 1n } };
  },
  listBooks: () => ({ books: [{ id: 1 }] }),
  createBook: ({ book }) => ({ name: book?.name ?? "", id: 5 }),
  updateBook: (book) => book,
  patchBook: ({ book }) => book ?? {},
  deleteBook: () => ({}),
  publishBook: () => {
    throw failedPrecondition("the book has no text");
  },
  lendBook: () => ({}),
  readFile: () => ({}),
  readFeatured: () => ({}),
  purgeCache: () => ({}),
  echo: (everything) => everything,
  internal: () => ({}),
  async *watchBooks({ count }) {
    for (let id = 1; id <= count; id++) yield { id };
  },
});

beforeAll(async () => {
  server = createServer({ services: [library], health });
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  channel = createChannel({ target: `127.0.0.1:${port}`, caller: "api-gateway" });
  gateway = createGateway({ backends: [{ name: "library-service", service: LibraryService, channel }] });
  url = `http://127.0.0.1:${(await gateway.listen({ port: 0, host: "127.0.0.1" })).port}`;
});

afterAll(async () => {
  await gateway.drain({ graceMs: 0, signal: now });
  await channel.close({ graceMs: 0 });
  await server.drain({ graceMs: 0, signal: now });
});

test("a request becomes a call, and its context goes along", async () => {
  const headers = { "x-request-id": "r-1", authorization: "Bearer t" };
  const response = await fetch(`${url}/v1/books/context`, { headers });
  expect(await response.json()).toMatchObject({ book: { name: "r-1 api-gateway Bearer t" } });
  expect(response.headers.get("x-request-id")).toBe("r-1");
});

test("a call that is not answered in time is 504, and the signal of its handler aborts", async () => {
  const clock = createManualClock();
  const own = createChannel({ target: channel.target, caller: "api-gateway", clock });
  const backend = { name: "library-service", service: LibraryService, channel: own };
  const hasty = createGateway({ backends: [backend], timeoutMs: 2_000, clock });
  const response = hasty.inject("/v1/books/never");
  const signal = await waiting.promise;
  const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
  clock.advance(2_010);
  expect((await response).statusCode).toBe(504);
  await aborted;
  await own.close({ graceMs: 0 });
});

test("failures of the service come out as their status, a defect as 500 without its cause", async () => {
  const refused = await fetch(`${url}/v1/books/x:publish`, { method: "POST" });
  expect([refused.status, await refused.json()]).toEqual([422, { error: "the book has no text" }]);
  const broken = await fetch(`${url}/v1/books/broken`);
  expect([broken.status, await broken.json()]).toEqual([500, { error: "internal error" }]);
});

test.each([
  ["lists", "[", "]"],
  ["objects", '{"a":', "}"],
])("free JSON (%s) is refused before it is deeper than the service can decode", async (_, open, close) => {
  const statuses = new Set<number>();
  for (let depth = 28; depth <= 60; depth++) {
    const body = `{"anyJson":${open.repeat(depth)}1${close.repeat(depth)}}`;
    const response = await fetch(`${url}/v1/echo`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    statuses.add(response.status);
  }
  expect([...statuses]).toEqual([200, 400]);
});

test("a stream of gRPC is a stream of lines", async () => {
  const response = await fetch(`${url}/v1/books:watch?count=3`);
  const lines = (await response.text()).trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).id)).toEqual([1, 2, 3]);
});

test("health is the backend's own word, and 503 when it is gone", async () => {
  const ask = async () => {
    const response = await createGateway({
      backends: [{ name: "library-service", service: LibraryService, channel }],
    }).inject("/health"); // a gateway of its own, so that no answer is a remembered one
    return [response.statusCode, response.json()];
  };
  expect(await ask()).toEqual([200, { status: "ok", services: { libraryService: "connected" } }]);
  health.set("", "not_serving");
  expect(await ask()).toEqual([503, { status: "degraded", services: { libraryService: "disconnected" } }]);
  await server.drain({ graceMs: 0, signal: now });
  expect(await ask()).toEqual([503, { status: "degraded", services: { libraryService: "disconnected" } }]);
  const response = await fetch(`${url}/v1/books/x`);
  expect([response.status, await response.json()]).toEqual([503, { error: "service unavailable" }]);
});
