import { once } from "node:events";
import { connect } from "node:net";
import type { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { DefaultHeaders } from "../../src/http1/default-headers.ts";
import type { HttpRequest } from "../../src/http1/http-request.ts";
import type { HttpResponse, ResponseEnd } from "../../src/http1/http-response.ts";
import { echo, openHttp1 } from "../support/http1.ts";

const TYPE = ["content-type", "text/plain"];
const GET = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
const post = (headers: string, content = ""): string => `POST /p HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n${content}`;
const bodiesOf = (text: string): string[] => text.match(/<[^>]*>/g) ?? [];
const statusesOf = (text: string): string[] => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => match[1] ?? "");

describe("a connection (RFC 9112 section 9)", () => {
  test("carries requests one after the other, and says for how long it is kept", async () => {
    const raw = await (await openHttp1(echo)).open(GET);
    expect(await raw.until(/<GET \/ >/)).toBe(
      "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 8\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\n" +
        "connection: keep-alive\r\nkeep-alive: timeout=65\r\n\r\n<GET / >",
    );
    raw.socket.write(GET.replace("/", "/2"));
    await raw.until(/<GET \/2 >/);
  });

  test("answers what is sent ahead in its order, and begins none before the one before it is answered", async () => {
    const waiting: HttpResponse[] = [];
    const seen: string[] = [];
    const { open } = await openHttp1(({ url }, response) => {
      seen.push(url);
      waiting.push(response);
    });
    const raw = await open(["/1", "/2", "/3"].map((path) => GET.replace("/", path)).join(""));
    for (const path of ["/1", "/2", "/3"]) {
      while (waiting.length === 0) await new Promise(setImmediate);
      expect(seen.at(-1)).toBe(path);
      waiting.pop()?.send(200, TYPE, `<${path}>`);
    }
    expect(bodiesOf(await raw.until(/<\/3>/))).toEqual(["</1>", "</2>", "</3>"]);
  });

  test("takes thousands of requests sent ahead that are answered at once", async () => {
    const { open } = await openHttp1((_, response) => response.send(204, []));
    const raw = await open(`${GET.repeat(5_000)}GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(statusesOf(await raw.closed())).toHaveLength(5_001);
  });

  test("lets other connections be read between requests that a client sent ahead", async () => {
    let inTurn = 0;
    let most = 0;
    let isOver = false;
    const { open } = await openHttp1((_, response) => {
      inTurn += 1;
      most = Math.max(most, inTurn);
      response.send(204, []);
    });
    const countTurn = (): void => {
      inTurn = 0;
      if (!isOver) setImmediate(countTurn);
    };
    countTurn();
    const raw = await open(`${GET.repeat(20_000)}GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(statusesOf(await raw.closed())).toHaveLength(20_001);
    isOver = true;
    expect(most).toBeLessThanOrEqual(260); // two budgets: which of the immediates runs first is not said
  });

  test.each([
    ["a client that asks for it", "GET / HTTP/1.1\r\nhost: x\r\nConnection: TE, Close\r\n\r\n"],
    ["HTTP/1.0", "GET / HTTP/1.0\r\n\r\n"],
  ])("is closed for %s, and what follows is not read", async (_, request) => {
    const raw = await (await openHttp1(echo)).open(request + GET);
    const answer = await raw.closed();
    expect(answer).toMatch(/connection: close/);
    expect(bodiesOf(answer)).toHaveLength(1);
  });

  test("is kept for a client of HTTP/1.0 that asks for it", async () => {
    const raw = await (await openHttp1(echo)).open("GET /old HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
    await raw.until(/connection: keep-alive.*<GET \/old >/s);
    raw.socket.write(GET);
    await raw.until(/<GET \/ >/);
  });

  test("a response may ask for its end", async () => {
    const { open } = await openHttp1((_, response) => response.send(200, [...TYPE, "connection", "close"], "<last>"));
    const answer = await (await open(GET + GET)).closed();
    expect(answer.match(/connection: close/g)).toHaveLength(1);
    expect(bodiesOf(answer)).toEqual(["<last>"]);
  });

  test("tells how a response has ended: with its status, or cut off with the client", async () => {
    const ends: [ResponseEnd, number | undefined][] = [];
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const { open } = await openHttp1(({ url }, response) => {
      response.whenOver((end, status) => {
        ends.push([end, status]);
        if (end === "cut off") resolve();
      });
      if (url === "/") response.send(404, TYPE, "<none>");
    });
    const raw = await open(GET);
    await raw.until(/<none>/);
    raw.socket.write(GET.replace("/", "/waits"));
    await new Promise(setImmediate);
    raw.socket.end();
    await over;
    expect(ends).toEqual([
      ["answered", 404],
      ["cut off", undefined],
    ]);
  });
});

describe("content (RFC 9112 sections 6 and 7)", () => {
  test("comes by its length or in chunks, however the octets are cut", async () => {
    const { open } = await openHttp1(echo);
    const chunked = '4;a="b"\r\nwiki\r\n00B\r\npedia in ch\r\n5\r\nunks.\r\n0\r\nx-trailer: 1\r\n\r\n';
    const bytes = `${post("content-length: 3", "abc")}\r\n${post("transfer-encoding: Chunked", chunked)}${GET}`;
    for (const size of [1, 2, 3, 7, 64, bytes.length]) {
      const raw = await open();
      raw.socket.setNoDelay(true);
      for (let at = 0; at < bytes.length; at += size) {
        raw.socket.write(bytes.slice(at, at + size));
        if (size < 8) await new Promise(setImmediate);
      }
      expect(bodiesOf(await raw.until(/<GET \/ >/))).toEqual([
        "<POST /p abc>",
        "<POST /p wikipedia in chunks.>",
        "<GET / >",
      ]);
      raw.socket.destroy();
    }
  });

  test.each([
    ["a size that is no number", "g\r\nx\r\n0\r\n\r\n"],
    ["no size", "\r\nx\r\n0\r\n\r\n"],
    ["a size beyond all chunks", "fffffffff\r\n"],
    ["a sign", "+1\r\nx\r\n0\r\n\r\n"],
    ["a chunk longer than its size", "1\r\nxy\r\n0\r\n\r\n"],
    ["a bare LF behind a size", "1\nx\r\n0\r\n\r\n"],
    ["a bare LF behind a chunk", "1\r\nx\n0\r\n\r\n"],
    ["a bare LF in an extension", "1;a\nb\r\nx\r\n0\r\n\r\n"],
    ["a space behind a size", "1 \r\nx\r\n0\r\n\r\n"],
    ["an end without CRLF", "0\r\nx"],
    ["what is no extension", '1;a="b":\r\nx\r\n0\r\n\r\n'],
    ["a trailer without a name", "0\r\n: x\r\n\r\n"],
    ["a length for a trailer", "0\r\nContent-Length: 30\r\n\r\n"],
    ["extensions without end", `1;${"a".repeat(20_000)}\r\nx\r\n0\r\n\r\n`],
    ["trailers without end", `0\r\n${"a: bc\r\n".repeat(4_000)}\r\n`],
  ])("with %s is refused, and nothing behind it is a request", async (_, content) => {
    const { open } = await openHttp1(echo);
    const answer = await (await open(post("transfer-encoding: chunked", content + GET))).closed();
    expect(statusesOf(answer)).toEqual(["400"]);
    expect(answer).toMatch(/connection: close.*<the request is not valid HTTP: /s);
  });

  test("that nobody reads does not stand in the way of the next request", async () => {
    const { open } = await openHttp1(({ method }, response) => response.send(200, TYPE, `<${method}>`));
    const raw = await open(post("content-length: 200000", "x".repeat(100_000)));
    await raw.until(/<POST>/);
    raw.socket.write(`${"x".repeat(100_000)}${GET}`);
    expect(bodiesOf(await raw.until(/<GET>/))).toEqual(["<POST>", "<GET>"]);
  });

  test("that is broken after its response closes the connection", async () => {
    const { open } = await openHttp1((_, response) => response.send(200, TYPE, "<no>"));
    const raw = await open(post("transfer-encoding: chunked", "2\r\nxx\r\n"));
    await raw.until(/<no>/);
    raw.socket.write(`zz\r\n${GET}`);
    expect(bodiesOf(await raw.closed())).toEqual(["<no>"]);
  });

  test("goes at its reader's pace", async () => {
    const { promise, resolve } = Promise.withResolvers<HttpRequest>();
    const { open } = await openHttp1(resolve);
    const size = 32 * 1024 * 1024;
    const raw = await open(post(`content-length: ${size}`));
    raw.socket.write(Buffer.alloc(size));
    const { body } = await promise;
    if (!body) throw new Error("there is no body");
    await new Promise((done) => setTimeout(done, 50)); // long enough to read all, if nobody held it back
    expect(body.readableLength).toBeLessThan(1_000_000);
    let seen = 0;
    for await (const piece of body) seen += (piece as Buffer).length;
    expect(seen).toBe(size);
  });

  test("that is sent while a response asks for the end is read on, so that the client reads the response", async () => {
    const { open } = await openHttp1((_, response) => response.send(413, [...TYPE, "connection", "close"], "<large>"));
    const raw = await open(post("content-length: 50000000"));
    const block = Buffer.alloc(1_000_000);
    for (let i = 0; i < 20 && raw.socket.writable; i++) await new Promise((done) => raw.socket.write(block, done));
    expect(await raw.until(/<large>/)).toMatch(/^HTTP\/1.1 413 /);
  });

  test("whose client goes ends as it is cut off", async () => {
    const { promise, resolve } = Promise.withResolvers<HttpRequest>();
    const { open } = await openHttp1(resolve);
    const raw = await open(post("content-length: 10", "abc"));
    const { body } = await promise;
    const closed = body && once(body, "close");
    raw.socket.destroy();
    await closed;
    expect(body?.readableEnded).toBe(false);
  });
});

describe("Expect: 100-continue (RFC 9110 section 10.1.1)", () => {
  const EXPECT = "expect: 100-Continue\r\ncontent-length: 3";

  test("is told to go on once somebody reads", async () => {
    const raw = await (await openHttp1(echo)).open(post(EXPECT));
    expect(await raw.until(/\r\n\r\n/)).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    raw.socket.write(`abc${GET}`);
    expect(statusesOf(await raw.until(/<GET \/ >/))).toEqual(["100", "200", "200"]);
  });

  test("is not, if it has sent its content already", async () => {
    const raw = await (await openHttp1(echo)).open(post(EXPECT, "abc"));
    expect(statusesOf(await raw.until(/<POST \/p abc>/))).toEqual(["200"]);
  });

  test("is answered and closed if nobody reads: whether content follows only the client knows", async () => {
    const { open } = await openHttp1((_, response) => response.send(403, TYPE, "<no>"));
    const answer = await (await open(post(EXPECT))).closed();
    expect(statusesOf(answer)).toEqual(["403"]);
    expect(answer).toMatch(/connection: close/);
  });

  test("means nothing of a client of HTTP/1.0", async () => {
    const raw = await (await openHttp1(echo)).open(`POST /p HTTP/1.0\r\n${EXPECT}\r\n\r\n`);
    raw.socket.write("abc");
    expect(statusesOf(await raw.closed())).toEqual(["200"]);
  });
});

describe("a response", () => {
  test("has the default headers that it does not set itself, also to what is no request", async () => {
    const defaults = ["x-a", "default", "x-b", "default"];
    const own = (url: string): string[] => (url === "/own" ? ["x-b", "own", "x-c", "own"] : ["x-c", "own"]);
    const { open } = await openHttp1(({ url }, response) => response.send(204, own(url)), { defaults });
    const linesOf = (answer: string): string[] => answer.match(/^x-.*(?=\r$)/gm) ?? [];
    const raw = await open(GET + GET.replace("/", "/own"));
    expect(linesOf(await raw.until(/x-c.*x-c.*\r\n\r\n/s))).toEqual([
      ...["x-c: own", "x-a: default", "x-b: default"],
      ...["x-b: own", "x-c: own", "x-a: default"],
    ]);
    expect(linesOf(await (await open("nonsense\r\n\r\n")).closed())).toEqual(["x-a: default", "x-b: default"]);
  });

  test("cannot have default headers that no response may have", () => {
    expect(() => new DefaultHeaders(["x-a", "a\r\nb"])).toThrow(TypeError);
  });

  test.each([
    ["to HEAD has the length and no content", "HEAD", 200, "content-length: 5", ""],
    ["of 204 has neither", "GET", 204, undefined, ""],
    ["of 304 has neither", "GET", 304, undefined, ""],
    ["has its length in octets", "GET", 200, "content-length: 5", "<äö"],
  ])("%s", async (_, method, status, length, content) => {
    const { open } = await openHttp1((_request, response) => response.send(status, TYPE, status === 200 ? "<äö" : ""));
    const raw = await open(`${method} / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    const answer = await raw.closed();
    const [head = "", body] = answer.split("\r\n\r\n");
    expect(body).toBe(content);
    if (length === undefined) expect(head).not.toMatch(/content-length|transfer-encoding/);
    else expect(head).toContain(length);
  });

  test("with a header that would be another header is none: nothing is sent, and it can be answered otherwise", async () => {
    const { open } = await openHttp1((_, response) => {
      for (const value of ["a\r\nx: y", "a\nb", "\0", "\u{100}"]) {
        expect(() => response.send(200, ["x-a", value], "<bad>")).toThrow("the response header x-a has a character");
        expect(() => response.begin(200, ["x-a", value])).toThrow(TypeError);
      }
      response.send(500, TYPE, "<ok>");
      expect(response.open).toBe(false);
      expect(() => response.send(200, TYPE, "<twice>")).toThrow("cannot begin when it is over");
    });
    const answer = await (await open(GET)).until(/<ok>/);
    expect(statusesOf(answer)).toEqual(["500"]);
    expect(answer).not.toMatch(/x-a|<bad>/);
  });

  test("of unknown length leaves as one chunk a turn, and the connection is kept", async () => {
    const { open } = await openHttp1(({ url }, response) => {
      if (url !== "/") return response.send(200, TYPE, "<next>");
      const body = response.begin(200, TYPE);
      body.write("ab");
      body.write("");
      body.write("cd");
      body.write("ef");
      body.end();
    });
    const answer = await (await open(GET + GET.replace("/", "/n"))).until(/<next>/);
    const [head = "", chunks] = answer.split("\r\n\r\n");
    expect(head).toMatch(/transfer-encoding: chunked/);
    expect(head).not.toMatch(/content-length/);
    expect(chunks).toBe("2\r\nab\r\n4\r\ncdef\r\n0");
  });

  test("of unknown length ends with the connection for HTTP/1.0, and has no content for HEAD", async () => {
    const { open } = await openHttp1((_, response) => response.begin(200, TYPE).end("<old>"));
    const old = await (await open("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")).closed();
    expect(old).toMatch(/connection: close\r\n.*\r\n\r\n<old>$/s);
    expect(old).not.toMatch(/transfer-encoding|keep-alive/);
    const last = await openHttp1((_, response) => response.begin(200, [...TYPE, "connection", "close"]).end("<last>"));
    const told = await (await last.open("GET / HTTP/1.0\r\n\r\n")).closed();
    expect(told.match(/connection: close/g)).toHaveLength(1);
    const raw = await open(`HEAD / HTTP/1.1\r\nhost: x\r\n\r\n${GET}`);
    expect(await raw.until(/0\r\n\r\n$/)).toMatch(/^[^<]*\r\n\r\nHTTP\/1.1 200 .*\r\n\r\n5\r\n<old>\r\n0\r\n\r\n$/s);
  });

  test("that is given up takes the connection with it, and tells who writes it last", async () => {
    const told: string[] = [];
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const { open } = await openHttp1((_, response) => {
      response.whenOver((end) => told.push(end));
      const body = response.begin(200, TYPE);
      body.on("close", () => {
        told.push("closed");
        resolve();
      });
      body.write("<half", () => body.destroy());
    });
    expect(await (await open(GET)).closed()).toMatch(/<half\r\n$/);
    await closed;
    expect(told).toEqual(["cut off", "closed"]);
  });

  test("waits for a client that reads slowly, and is cut off if it reads nothing", async () => {
    const { promise: over, resolve } = Promise.withResolvers<ResponseEnd>();
    const { open } = await openHttp1(
      (_, response) => {
        response.whenOver(resolve);
        response.send(200, TYPE, "x".repeat(50_000_000));
      },
      { stallTimeoutMs: 100 },
    );
    const raw = await open();
    raw.socket.pause();
    raw.socket.write(GET);
    expect(await over).toBe("cut off");
  });

  test.each([
    ["reads nothing", 0],
    ["reads a little at first, and then nothing", 1],
    ["reads nothing and goes on asking", 0],
  ])("to a client that %s is cut off after the limit, and not twice it", async (name, pieces) => {
    const { promise: over, resolve } = Promise.withResolvers<ResponseEnd>();
    const limitMs = 1_200;
    const content = "x".repeat(50_000_000);
    let since = Number.POSITIVE_INFINITY;
    const { open } = await openHttp1(
      (_, response) => {
        response.whenOver(resolve);
        response.send(200, TYPE, content);
        since = performance.now();
      },
      { stallTimeoutMs: limitMs },
    );
    const raw = await open();
    raw.socket.pause();
    raw.socket.write(GET);
    if (pieces > 0) {
      raw.socket.resume();
      await once(raw.socket, "data");
      raw.socket.pause();
    }
    const asking = setInterval(() => {
      if (name.endsWith("asking")) raw.socket.write(GET);
    }, 100);
    expect(await over).toBe("cut off");
    clearInterval(asking);
    const tookMs = performance.now() - since;
    expect(tookMs).toBeGreaterThan(limitMs * 0.9);
    expect(tookMs).toBeLessThan(limitMs * 1.6);
  });

  test("to a client that reads slower than the limit, but reads, arrives whole", async () => {
    const limitMs = 2_000;
    const length = 30_000_000;
    const content = "x".repeat(length);
    const { promise: over, resolve } = Promise.withResolvers<ResponseEnd>();
    const { open } = await openHttp1(
      (_, response) => {
        response.whenOver(resolve);
        response.send(200, TYPE, content);
      },
      { stallTimeoutMs: limitMs },
    );
    const raw = await open(GET);
    raw.socket.pause();
    // It rests for a third of the limit each time, and all in all for more than it.
    for (let read = 1; read <= 4; read++) {
      await new Promise((rested) => setTimeout(rested, limitMs / 3));
      raw.socket.resume();
      while (raw.received().length < read * 6_000_000) await once(raw.socket, "data");
      raw.socket.pause();
    }
    raw.socket.resume();
    expect(await over).toBe("answered");
  });

  test("whose writer is faster than its client is held back", async () => {
    const { promise, resolve } = Promise.withResolvers<Writable>();
    const { open } = await openHttp1((_, response) => resolve(response.begin(200, TYPE)));
    const raw = await open(GET);
    const body = await promise;
    raw.socket.pause();
    let written = 0;
    while (!body.writableNeedDrain) {
      body.write("x".repeat(65_536));
      written += 65_536;
      await new Promise(setImmediate);
    }
    expect(written).toBeLessThan(64 * 1024 * 1024);
    raw.socket.resume();
    await once(body, "drain");
  });
});

describe("what is no request", () => {
  test.each([
    ["no request line", "hello\r\n\r\n", 400],
    ["two spaces", "GET  / HTTP/1.1\r\nhost: x\r\n\r\n", 400],
    ["a space in the target", "GET /a b HTTP/1.1\r\nhost: x\r\n\r\n", 400],
    ["a control character in the target", "GET /\x01 HTTP/1.1\r\nhost: x\r\n\r\n", 400],
    ["octets above ASCII in the target", "GET /\xe4 HTTP/1.1\r\nhost: x\r\n\r\n", 400],
    ["a target that is no URL of HTTP", "GET ftp://x/ HTTP/1.1\r\nhost: x\r\n\r\n", 400],
    ["a URL without a host", "GET http:///a HTTP/1.1\r\nhost: x\r\n\r\n", 400],
    ["a relative target", "GET a HTTP/1.1\r\nhost: x\r\n\r\n", 400],
    ["a method that is no token", "G(T / HTTP/1.1\r\nhost: x\r\n\r\n", 400],
    ["another protocol", "GET / HTCPCP/1.0\r\nhost: x\r\n\r\n", 400],
    ["HTTP/0.9", "GET /\r\n\r\n", 400],
    ["HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
    ["no host", "GET / HTTP/1.1\r\n\r\n", 400],
    ["two hosts", "GET / HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n", 400],
    ["a header without a colon", "GET / HTTP/1.1\r\nhost: x\r\nhello\r\n\r\n", 400],
    ["a header without a name", "GET / HTTP/1.1\r\nhost: x\r\n: y\r\n\r\n", 400],
    ["a bare CR in a header", "GET / HTTP/1.1\r\nhost: x\r\na: b\rc\r\n\r\n", 400],
    ["a tab behind chunked", post("transfer-encoding: chunked\t", "0\r\n\r\n"), 400],
    ["a coding that is not known", post("transfer-encoding: gzip, chunked"), 501],
    ["chunks of HTTP/1.0", "POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400],
    ["a length in hexadecimal", post("content-length: 0x3", "abc"), 400],
    ["a list of lengths", post("content-length: 3, 3", "abc"), 400],
    ["the start of a TLS connection", "\x16\x03\x01\x02\x00\x01\x00", 400],
    ["lines that end with LF alone", "GET / HTTP/1.1\nhost: x\n\n", 400],
    ["a LF at first", "\nGET / HTTP/1.1\r\nhost: x\r\n\r\n", 400],
    ["CONNECT", "CONNECT x:443 HTTP/1.1\r\nhost: x:443\r\n\r\n", 400],
    ["a head without end", `GET / HTTP/1.1\r\nhost: x\r\n${"a: b\r\n".repeat(4_000)}`, 431],
  ])("%s is told so, and the connection closed", async (_, bytes, status) => {
    const seen: string[] = [];
    const { open } = await openHttp1(({ url }) => void seen.push(url));
    const raw = await open();
    raw.socket.write(bytes, "latin1");
    const answer = await raw.closed();
    expect(statusesOf(answer)).toEqual([String(status)]);
    expect(answer).toMatch(/connection: close\r\n\r\n\{"error":"[^"]+"\}$/);
    expect(seen).toEqual([]);
  });

  test("a higher minor version is answered as 1.1, and empty lines before a request are passed over", async () => {
    const raw = await (await openHttp1(echo)).open("\r\n\r\nGET /a HTTP/1.7\r\nhost: x\r\n\r\n\r");
    await raw.until(/<GET \/a >/);
    raw.socket.write(`\n${GET}`);
    await raw.until(/<GET \/ >/);
  });
});

describe("header fields", () => {
  test("are those of node:http: one value, the first, or all of them", async () => {
    let seen: HttpRequest | undefined;
    const { open } = await openHttp1((request, response) => {
      seen = request;
      response.send(204, []);
    });
    const lines = [
      "Host: x",
      "X-List: a",
      "x-list:b",
      "X-LIST:\t c d \t",
      "Cookie: a=1",
      "cookie: b=2",
      "authorization: first",
      "authorization: second",
      "__proto__: p",
      "constructor: c",
      "x-empty:",
      "x-high: \xe4",
    ];
    const raw = await open();
    raw.socket.write(`OPTIONS * HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`, "latin1");
    await raw.until(/204/);
    expect(seen?.url).toBe("*");
    expect(Object.entries(seen?.headers ?? {})).toEqual([
      ["host", "x"],
      ["x-list", "a, b, c d"],
      ["cookie", "a=1; b=2"],
      ["authorization", "first"],
      ["__proto__", "p"],
      ["constructor", "c"],
      ["x-empty", ""],
      ["x-high", "\xe4"],
    ]);
  });

  test("that differ from those of the request before are read anew", async () => {
    const seen: unknown[] = [];
    const { open } = await openHttp1(({ headers }, response) => {
      seen.push(headers["x-a"]);
      response.send(204, []);
    });
    const request = (value: string): string => `GET / HTTP/1.1\r\nhost: x\r\nx-a: ${value}\r\n\r\n`;
    const raw = await open(
      [request("1"), request("1"), request("2"), GET, request("x".repeat(5_000)), request("2")].join(""),
    );
    await raw.until(/(?:204.*){6}/s);
    expect(seen).toEqual(["1", "1", "2", undefined, "x".repeat(5_000), "2"]);
  });
});

describe("time limits", () => {
  const looks = async ({ clock }: { clock: { advance(ms: number): void } }, seconds: number): Promise<void> => {
    for (let i = 0; i < seconds; i++) {
      clock.advance(1_000);
      await new Promise(setImmediate);
    }
  };

  test("a connection that says nothing is closed, one whose head does not end is told 408", async () => {
    const http1 = await openHttp1(echo, { headersTimeoutMs: 5_000 });
    const silent = await http1.open();
    const slow = await http1.open("GET / HT");
    await looks(http1, 4);
    expect([silent.socket.closed, slow.socket.closed]).toEqual([false, false]);
    while (!silent.socket.closed || !slow.socket.closed) await looks(http1, 1);
    expect(await silent.closed()).toBe("");
    expect(await slow.closed()).toMatch(/^HTTP\/1.1 408 .*connection: close/s);
  });

  test("one between two requests is closed, one that is being answered is not", async () => {
    const waiting: HttpResponse[] = [];
    const http1 = await openHttp1(({ url }, response) => {
      if (url === "/") response.send(200, TYPE, "<now>");
      else waiting.push(response);
    });
    const idle = await http1.open(GET);
    await idle.until(/<now>/);
    const busy = await http1.open(GET.replace("/", "/later"));
    while (waiting.length === 0) await new Promise(setImmediate);
    await looks(http1, 70);
    await idle.closed();
    waiting[0]?.send(200, TYPE, "<later>");
    await busy.until(/<later>/);
  });

  test("content that is not wanted does not come for ever, nor does a client keep what is closed", async () => {
    const http1 = await openHttp1(({ url }, response) =>
      response.send(200, url === "/p" ? TYPE : [...TYPE, "connection", "close"], "<done>"),
    );
    const content = await http1.open(post("content-length: 10", "abc"));
    await content.until(/<done>/);
    const half = connect({ port: http1.port, host: "127.0.0.1", allowHalfOpen: true });
    half.on("error", () => {}).write(GET);
    await once(half.resume(), "end"); // closed by the server, and by nobody else
    await looks(http1, 4);
    while (!half.closed) await new Promise((done) => half.write("x", done)); // the first is answered with a reset
    expect(content.socket.closed).toBe(false);
    await looks(http1, 30);
    await content.closed();
  });
});

describe("another protocol (RFC 9110 section 7.8)", () => {
  const UPGRADE = "GET /ws HTTP/1.1\r\nhost: x\r\nconnection: keep-alive, Upgrade\r\nupgrade: echo\r\n\r\n";

  test("has the connection, with what has come already and nothing lost after it", async () => {
    const { open, server } = await openHttp1(echo, {
      accepts: ({ url }) => url === "/ws",
      upgrade: (_, socket, head) => {
        setTimeout(() => {
          socket.write(`HTTP/1.1 101 Switching Protocols\r\n\r\n${head}`);
          socket.pipe(socket);
          socket.resume();
        }, 20);
      },
    });
    const raw = await open(`${UPGRADE}one `);
    raw.socket.write("two ");
    await raw.until(/one two $/);
    server.closeIdle();
    raw.socket.write("three");
    await raw.until(/one two three$/);
    raw.socket.destroy();
  });

  test.each([
    ["that nobody takes", UPGRADE.replace("/ws", "/other")],
    ["that the connection does not name", UPGRADE.replace(", Upgrade", "")],
    ["with content", UPGRADE.replace("\r\n\r\n", "\r\ncontent-length: 1\r\n\r\n1")],
    ["with another method", UPGRADE.replace("GET", "PUT")],
  ])("%s is an ordinary request", async (_, request) => {
    const { open } = await openHttp1(echo, { accepts: ({ url }) => url === "/ws" });
    await (await open(request)).until(/<(?:GET|PUT) \/\w+ 1?>/);
  });
});
