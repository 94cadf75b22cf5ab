import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { ParleyError } from "@parley/core";
import { createChannel, createClient } from "@parley/rpc";
import { describe, expect, onTestFinished, test } from "vitest";
import { LibraryService } from "./gen/everything_pb.ts";
import { openRealLibrary } from "./support/real-library.ts";

/** A backend that does to each stream what a test says. */
async function openBackend(onStream: (stream: http2.ServerHttp2Stream) => void): Promise<string> {
  const server = http2.createServer();
  const sessions = new Set<http2.ServerHttp2Session>();
  server.on("session", (session) => sessions.add(session.on("error", () => {})));
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    onStream(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const reset = (code: number) => (stream: http2.ServerHttp2Stream) => {
  Object.defineProperty(stream, "end", { value: () => stream }); // Node would end the stream before it resets it
  stream.close(code);
};

const refuse = (message: string) => (stream: http2.ServerHttp2Stream) => {
  const headers = { ":status": 200, "content-type": "application/grpc", "grpc-status": 8, "grpc-message": message };
  stream.respond(headers, { endStream: true });
};

describe("what is too large for the next hop is the client's", () => {
  test("baggage that grows threefold when it is encoded anew does not: 7,000 slashes pass", async () => {
    const { url } = await openRealLibrary();
    const response = await fetch(`${url}/v1/books/emma`, { headers: { baggage: `a=${"/".repeat(7_000)}` } });
    expect(response.status).toBe(200);
  });

  test("headers that do not fit are 431, and the breaker stays closed", async () => {
    const { url, serverPort } = await openRealLibrary({ server: { maxHeaderBytes: 4_096 } });
    const headers = { authorization: `Bearer ${"x".repeat(6_000)}` };
    for (let request = 0; request < 5; request++) {
      const response = await fetch(`${url}/v1/books/emma`, { headers });
      expect(response.status).toBe(431);
      expect(await response.text()).not.toContain(String(serverPort));
    }
    expect((await fetch(`${url}/v1/books/emma`)).status).toBe(200);
  });

  test("500,000 numbers in a free JSON value, which take 5.5 MB as protobuf, are 413", async () => {
    const { url, serverPort } = await openRealLibrary({ gateway: { maxBodyBytes: 4 * 1024 * 1024 } });
    const body = `{"listJson":[${"1,".repeat(499_999)}1]}`;
    const post = (content: string) =>
      fetch(`${url}/v1/echo`, { method: "POST", headers: { "content-type": "application/json" }, body: content });
    const response = await post(body);
    expect(response.status).toBe(413);
    expect(await response.text()).not.toContain(String(serverPort));
    expect((await post('{"listJson":[1]}')).status).toBe(200);
  });

  test.each([
    "grpc: received message larger than max (5500019 vs. 4194304)",
    "Received message larger than max (5500019 vs 4194304)",
    "gRPC message exceeds maximum size 4194304: 5500019",
  ])("a backend of another kind that says %j is 413 too", async (message) => {
    const { url } = await openRealLibrary({ target: await openBackend(refuse(message)) });
    expect((await fetch(`${url}/v1/books/emma`)).status).toBe(413);
  });

  test.each([
    [413, 413],
    [431, 431],
  ])("a proxy's %d is %d", async (status, expected) => {
    const target = await openBackend((stream) => stream.respond({ ":status": status }, { endStream: true }));
    const { url } = await openRealLibrary({ target });
    for (let request = 0; request < 5; request++) {
      expect((await fetch(`${url}/v1/books/emma`)).status).toBe(expected);
    }
  });

  test("an answer that is too large for the gateway is its own failure", async () => {
    const { url } = await openRealLibrary({
      methods: { getBook: () => ({ book: { name: "x".repeat(5_000_000) } }) },
    });
    expect((await fetch(`${url}/v1/books/emma`)).status).toBe(500);
  });

  test("a quota of the service is 429, with its message", async () => {
    const { url } = await openRealLibrary({
      methods: {
        getBook: () => {
          throw new ParleyError("RESOURCE_EXHAUSTED", "ten books a day");
        },
      },
    });
    const response = await fetch(`${url}/v1/books/emma`);
    expect(response.status).toBe(429);
    expect(await response.text()).toContain("ten books a day");
  });
});

describe("no answer names a backend's address", () => {
  const codes = Object.entries(http2.constants)
    .filter(([name]) => /^NGHTTP2_(?!.*_ERR_).*(ERROR|STREAM|CANCEL|CALM|SECURITY|TIMEOUT|CLOSED|REQUIRED)$/.test(name))
    .flatMap(([, code]) => (typeof code === "number" && code > 0 && code < 14 ? [code] : []));

  test.each([...new Set(codes)].sort((a, b) => a - b))("when it resets the stream with code %d", async (code) => {
    const target = await openBackend(reset(code));
    const { url } = await openRealLibrary({ target });
    const text = await (await fetch(`${url}/v1/books/emma`)).text();
    expect(text).not.toMatch(/127\.0\.0\.1|localhost/);
    expect(text).not.toContain(target.split(":")[1]);
  });

  test.each([400, 401, 403, 404, 418, 429, 500, 502, 503])("when it answers with HTTP status %d", async (status) => {
    const target = await openBackend((stream) => stream.respond({ ":status": status }, { endStream: true }));
    const { url } = await openRealLibrary({ target });
    const text = await (await fetch(`${url}/v1/books/emma`)).text();
    expect(text).not.toMatch(/127\.0\.0\.1|localhost/);
    expect(text).not.toContain(target.split(":")[1]);
  });

  test("when more calls wait for it than may", async () => {
    const waiting = Promise.withResolvers<void>();
    const { url, serverPort } = await openRealLibrary({
      server: { maxConcurrentStreams: 1 },
      channel: { maxQueuedCalls: 1, connectionsPerAddress: 1 },
      methods: {
        async getBook({ name }) {
          await waiting.promise;
          return { book: { name } };
        },
      },
    });
    const requests = Array.from({ length: 3 }, () => fetch(`${url}/v1/books/emma`));
    const first = await Promise.race(requests);
    expect(first.status).toBe(429);
    expect(await first.text()).not.toContain(String(serverPort));
    waiting.resolve();
    await Promise.all(requests);
  });

  test("when another service has passed on what it met", async () => {
    const target = await openBackend((stream) => stream.respond({ ":status": 403 }, { endStream: true }));
    const channel = createChannel({ target });
    onTestFinished(() => channel.close({ graceMs: 0 }));
    const behind = createClient(LibraryService, channel);
    const { url } = await openRealLibrary({ methods: { getBook: (request) => behind.getBook(request) } });
    const response = await fetch(`${url}/v1/books/emma`);
    expect(response.status).toBe(403);
    expect(await response.text()).not.toMatch(/127\.0\.0\.1/);
  });
});
