import type { Socket } from "node:net";
import { openRaw } from "@parley/wire/testing";
import { afterEach, describe, expect, test } from "vitest";
import { openLibrary } from "./support/library.ts";

/** What only a bare socket can send: each attempt is answered clearly or cut off, and nobody else notices. */
const open: ReturnType<typeof openLibrary>[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(open.splice(0).map(({ gateway }) => gateway.drain({ graceMs: 0, signal: AbortSignal.abort() })));
});

async function listen(...args: Parameters<typeof openLibrary>) {
  const library = openLibrary(...args);
  open.push(library);
  const { port } = await library.gateway.listen({ port: 0, host: "127.0.0.1" });
  return { ...library, port, url: `http://127.0.0.1:${port}` };
}

const POST = "POST /v1/echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
const HIDDEN = "GET /v1/books/hidden HTTP/1.1\r\nhost: x\r\n\r\n";

describe("a request that two parsers could read differently", () => {
  test.each([
    ["two lengths", `${POST}content-length: 2\r\ncontent-length: 40\r\n\r\n{}${HIDDEN}`],
    ["a length and chunks", `${POST}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ["a length with a sign", `${POST}content-length: +2\r\n\r\n{}${HIDDEN}`],
    ["an unknown coding", `${POST}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ["chunked, but not at last", `${POST}transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ["a space before the colon", `${POST}content-length : 2\r\n\r\n{}${HIDDEN}`],
    ["a folded header", `${POST}x: a\r\n b: c\r\ncontent-length: 2\r\n\r\n{}${HIDDEN}`],
    ["a bare line feed", `${POST}x: a\ncontent-length: 2\r\n\r\n{}${HIDDEN}`],
    ["a NUL in a header", `${POST}x: a\0b\r\ncontent-length: 2\r\n\r\n{}${HIDDEN}`],
    ["a chunk size that is no number", `${POST}transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n${HIDDEN}`],
    ["two hosts", `${POST}host: y\r\ncontent-length: 2\r\n\r\n{}`],
  ])("%s: 400 or a close, and what hides behind it is not run", async (_, bytes) => {
    const { port, calls } = await listen();
    const raw = await openRaw(port, bytes);
    sockets.push(raw.socket);
    if (bytes.includes("host: y")) {
      // Node takes the first of two Host headers. Nothing here is decided by it.
      expect(await raw.until(/\}$/)).toMatch(/^HTTP\/1.1 (?:200|400) /);
      return;
    }
    expect(await raw.closed()).toMatch(/^HTTP\/1.1 400 .*connection: close/is);
    expect(calls.map(({ operation }) => operation.method)).not.toContain("GetBook");
  });
});

describe("headers", () => {
  test.each(["a b", "a@b", "a/b", "<x>", "a:b", "a:80:80", "[::1", "a\\b", "ä", '"a"', "a?b", "a#b", "%zz"])(
    "Host: %s is 400 (RFC 9112 section 3.2)",
    async (host) => {
      const { port } = await listen();
      const answer = await (await openRaw(port, `GET /livez HTTP/1.1\r\nhost: ${host}\r\n\r\n`)).closed();
      expect(answer).toMatch(/^HTTP\/1.1 400 .*host/s);
    },
  );

  test.each(["a", "a.b:80", "a_b", "127.0.0.1:3000", "[::1]:8080", "", "a:", "xn--4ca.example", "%41"])(
    "Host: %s is one",
    async (host) => {
      const { port } = await listen();
      const raw = await openRaw(port, `GET /livez HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
      sockets.push(raw.socket);
      expect(await raw.until(/\}$/)).toMatch(/^HTTP\/1.1 200 /);
    },
  );

  test.each([
    ["a line break", "a\r\nset-cookie: x=1"],
    ["what is longer than an id", "a".repeat(200)],
    ["letters outside of ASCII", "ä"],
    ["markup", "<script>"],
  ])("a request id with %s is not taken over", async (_, id) => {
    const { port } = await listen();
    const raw = await openRaw(port, `GET /v1/books/x HTTP/1.1\r\nhost: x\r\nx-request-id: ${id}\r\n\r\n`);
    sockets.push(raw.socket);
    const head = (await raw.until(/\}$/)).split("\r\n\r\n")[0] ?? "";
    expect(head).toMatch(id.startsWith("a\r\n") ? /x-request-id: a\r\n/ : /x-request-id: [0-9a-f]{32}(?:\r\n|$)/);
    expect(head).not.toMatch(/set-cookie/i);
  });

  test("more than 16 KiB is 431 in the chosen style, also as a URL", async () => {
    const { port } = await listen({ json: { errors: "detailed" } });
    for (const bytes of [
      `GET /v1/books/${"a".repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
      `GET / HTTP/1.1\r\nhost: x\r\n${"x: y\r\n".repeat(5_000)}\r\n`,
    ]) {
      const answer = await (await openRaw(port, bytes)).closed();
      expect(answer).toMatch(/^HTTP\/1.1 431 .*"code":"HEADERS_TOO_LARGE".*16384 bytes/s);
    }
  });
});

test("X-Forwarded-For: rotating values behind no proxy are one client, two behind a proxy are two", async () => {
  const peers: unknown[] = [];
  const note = (fields: object): void => void peers.push((fields as { peer?: unknown }).peer);
  const logger = { debug: note, info: note, warn: note, error: note };
  const direct = openLibrary({ logger, trustedProxies: ["10.0.0.0/8", "::1"] }).gateway;
  const ask = (remoteAddress: string, forwarded: string) =>
    direct.inject({ url: "/v1/books/x", remoteAddress, headers: { "x-forwarded-for": forwarded } });
  for (let i = 0; i < 50; i++) await ask("198.51.100.1", `203.0.113.${i}`);
  expect(new Set(peers.splice(0))).toEqual(new Set(["198.51.100.1"]));
  await ask("10.0.0.1", "203.0.113.1");
  await ask("10.0.0.1", "1.1.1.1, 203.0.113.2, 10.9.9.9");
  await ask("::1", "2001:db8::1");
  await ask("::ffff:10.0.0.1", "203.0.113.3");
  await ask("10.0.0.1", "203.0.113.4, not an address");
  await ask("10.0.0.1", "");
  expect(peers).toEqual(["203.0.113.1", "203.0.113.2", "2001:db8::1", "203.0.113.3", "10.0.0.1", "10.0.0.1"]);
});

describe("slow connections", () => {
  test("300 that send their headers drop by drop are closed at the limit, and others are served meanwhile", async () => {
    const { port, url } = await listen({ headersTimeoutMs: 1_500 });
    const slow = await Promise.all(Array.from({ length: 300 }, () => openRaw(port, "GET / HTTP/1.1\r\nhost: x\r\n")));
    sockets.push(...slow.map(({ socket }) => socket));
    const drip = setInterval(() => {
      for (const { socket } of slow) if (socket.writable) socket.write("x: y\r\n");
    }, 100);
    try {
      const ended = Promise.all(slow.map((raw) => raw.closed()));
      const statuses = new Set<number>();
      let over = false;
      ended.then(() => {
        over = true;
      });
      while (!over) statuses.add((await fetch(`${url}/v1/books/emma`)).status);
      expect([...statuses]).toEqual([200]);
      for (const answer of await ended) expect(answer).toMatch(/^(?:HTTP\/1.1 408 |$)/);
    } finally {
      clearInterval(drip);
    }
  });

  test("one that reads nothing of its answer is cut off", async () => {
    const { promise: cutOff, resolve: cut } = Promise.withResolvers<void>();
    const note = (fields: object): void => void ((fields as { status?: unknown }).status === 499 && cut());
    const logger = { debug: note, info: note, warn: note, error: note };
    const { port } = await listen({ timeoutMs: 100, stallTimeoutMs: 200, logger });
    const raw = await openRaw(port);
    sockets.push(raw.socket);
    raw.socket.pause();
    raw.socket.write(`GET /v1/books/${"x".repeat(10_000)} HTTP/1.1\r\nhost: x\r\n\r\n`.repeat(1_500));
    await cutOff;
  });
});
