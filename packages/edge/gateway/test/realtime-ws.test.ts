import { once } from "node:events";
import { createManualClock } from "@parley/core";
import { openRaw } from "@parley/wire/testing";
import { SignJWT } from "jose";
import { describe, expect, test, vi } from "vitest";
import { createEventLogs } from "./support/event-logs.ts";
import { openLive, openWs } from "./support/live.ts";

const SECRET = "correct horse battery staple, 32+";
const tokenOf = (claims: object = {}) =>
  new SignJWT({ sub: "ada", ...claims }).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(SECRET));

describe("a WebSocket", () => {
  test("subscribes, hears, unsubscribes and is answered", async () => {
    const logs = createEventLogs({ logs: 1 });
    const { origin } = await openLive(logs);
    const client = await openWs(origin);
    client.send({ type: "subscribe", id: 1, events: ["books.added"], resources: ["shelves/3"] });
    expect(await client.next()).toEqual({
      type: "subscribed",
      id: 1,
      events: ["books.added"],
      resources: ["shelves/3"],
    });
    client.send({ type: "subscribe", id: "all" });
    expect(await client.next()).toEqual({
      type: "subscribed",
      id: "all",
      events: ["books.added", "authors.added"],
      resources: [],
    });
    await logs.publish("books.added", { name: "x" }, { subject: "shelves/3/rows/1", timeMs: 0 });
    const heard = await client.take(2);
    expect(heard[0]).toEqual({
      type: "event",
      subscription: 1,
      id: expect.any(String),
      event: "books.added",
      time: "1970-01-01T00:00:00.000Z",
      subject: "shelves/3/rows/1",
      data: { id: 0, name: "x", genre: "GENRE_UNSPECIFIED", soldCopies: "0" },
    });
    expect(heard[1]).toMatchObject({ type: "event", subscription: "all", event: "books.added" });
    client.send({ type: "unsubscribe", id: "all" });
    expect(await client.next()).toEqual({ type: "unsubscribed", id: "all" });
    await logs.publish("books.added", { name: "y" }, { subject: "shelves/4" });
    client.send({ type: "ping", id: "p" });
    expect(await client.next()).toEqual({ type: "pong", id: "p" });
    client.socket.close();
  });

  test.each([
    ["no JSON", "hello", undefined, /a message must be JSON/],
    ["no object", "[]", undefined, /must be an object/],
    ["an unknown type", { type: "shout", id: 7 }, 7, /type must be subscribe, unsubscribe or ping/],
    ["no id", { type: "subscribe" }, undefined, /id must be a whole number/],
    ["a wrong list", { type: "subscribe", id: 1, events: "books.added" }, 1, /events must be a list of texts/],
    ["an unknown event", { type: "subscribe", id: 1, events: ["x"] }, 1, /events has no \\?"x"/],
    ["an unknown subscription", { type: "unsubscribe", id: 9 }, 9, /there is no subscription 9/],
    ["a wrong cursor", { type: "subscribe", id: 1, after: 7 }, 1, /after must be the id of an event/],
  ])("answers %s with an error, and goes on", async (_, message, id, text) => {
    const { origin } = await openLive(createEventLogs());
    const client = await openWs(origin);
    client.send(message);
    const error = await client.next();
    expect(error).toMatchObject({ type: "error", message: expect.stringMatching(text) });
    expect(error.id).toBe(id);
    client.send({ type: "ping" });
    expect(await client.next()).toEqual({ type: "pong" });
  });

  test("takes the token of a page as a protocol that it never sends back, or as a header", async () => {
    const { origin } = await openLive(createEventLogs(), {}, { auth: { secret: SECRET } });
    const token = await tokenOf();
    const page = await openWs(origin, { protocols: ["parley.v1", `bearer.${token}`] });
    expect(page.socket.protocol).toBe("parley.v1");
    const program = await openWs(origin, { headers: { authorization: `Bearer ${token}` } });
    expect(program.socket.protocol).toBe("");
    await expect(openWs(origin)).rejects.toThrow(/401 .*Unauthorized/);
    await expect(openWs(origin, { protocols: ["parley.v1", "bearer.abc"] })).rejects.toThrow(/401/);
  });

  test.each([
    ["the scheme's own port in Host", "https://app.example", { host: "app.example:443" }],
    ["a Host in capitals", "https://app.example", { host: "App.Example" }],
    ["a list of forwarded hosts", "https://app.example", { "x-forwarded-host": "App.example:443, inner.local" }],
    ["a port of its own", "http://app.example:8080", { host: "app.example:8080" }],
  ])("behind a proxy, %s is the page's own origin (RFC 6454)", async (_, page, headers) => {
    const { origin } = await openLive(createEventLogs());
    await openWs(origin, { headers: { ...headers, origin: page } });
  });

  test.each([
    ["another port", "https://app.example", { host: "app.example:8443" }],
    ["plain HTTP's port under HTTPS", "https://app.example", { host: "app.example:80" }],
    ["another name", "https://app.example.evil", { host: "app.example" }],
    [
      "user information in a forwarded host",
      "https://evil.example",
      { "x-forwarded-host": "app.example@evil.example" },
    ],
    ["a path in a forwarded host", "https://evil.example", { "x-forwarded-host": "evil.example/x" }],
  ])("behind a proxy, %s is another origin", async (_, page, headers) => {
    const { origin } = await openLive(createEventLogs());
    await expect(openWs(origin, { headers: { ...headers, origin: page } })).rejects.toThrow(/403/);
  });

  test("is for pages of its own origin and those that CORS allows", async () => {
    const cors = { origins: ["https://app.example.com"] };
    const { origin } = await openLive(createEventLogs(), {}, { cors });
    const open = (page: string) => openWs(origin, { headers: { origin: page } });
    await open(origin);
    await open("https://app.example.com");
    await expect(open("https://evil.example.com")).rejects.toThrow(/403 .*evil.example.com may not connect/);
    await expect(open("null")).rejects.toThrow(/403/);
  });

  test("is closed with a code when its token expires", async () => {
    const clock = createManualClock(Date.now());
    const { origin } = await openLive(createEventLogs(), {}, { auth: { secret: SECRET }, clock });
    const token = await tokenOf({ exp: Math.floor(clock.now() / 1_000) + 60 });
    const client = await openWs(origin, { headers: { authorization: `Bearer ${token}` } });
    clock.advance(60_000);
    expect(await client.closed()).toEqual({ code: 4401, reason: "the token has expired" });
  });

  test("is closed with 1001 when the gateway stops", async () => {
    const { gateway, origin } = await openLive(createEventLogs());
    const client = await openWs(origin);
    const drained = gateway.drain({ graceMs: 5_000 });
    expect(await client.closed()).toEqual({ code: 1001, reason: "the gateway stops: connect again" });
    expect(await drained).toBe("drained");
  });

  test("that does not answer pings is given up", async () => {
    const clock = createManualClock(Date.now());
    const { origin, port } = await openLive(createEventLogs({ now: clock.now }), {}, { clock });
    const raw = await openRaw(
      port,
      "GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n" +
        "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    await raw.until(/101 Switching Protocols/);
    const alive = await openWs(origin);
    for (let beat = 0; beat < 3; beat++) {
      const pinged = once(alive.socket, "ping");
      clock.advance(15_000);
      await pinged;
      alive.send({ type: "ping" }); // follows the pong
      await alive.next();
    }
    await vi.waitFor(() => expect(raw.received()).toContain("the client did not read for too long"));
    clock.advance(1_000);
    await raw.closed();
    expect(alive.socket.readyState).toBe(alive.socket.OPEN);
  });

  test("is closed when it says too much, too long, or too often", async () => {
    const { origin } = await openLive(createEventLogs());
    const long = await openWs(origin);
    long.send("x".repeat(40_000));
    expect((await long.closed()).code).toBe(1009);
    const often = await openWs(origin);
    for (let message = 0; message < 201; message++) often.send({ type: "ping" });
    expect(await often.closed()).toEqual({ code: 1008, reason: "more than 200 messages in a short time" });
    const many = await openWs(origin);
    for (let id = 0; id < 17; id++) many.send({ type: "subscribe", id });
    expect((await many.take(17))[16]).toMatchObject({ type: "error", id: 16, code: "RESOURCE_EXHAUSTED" });
  });

  test("is an ordinary 426 for who does not upgrade, and other upgrades are ordinary requests", async () => {
    const { origin, port } = await openLive(createEventLogs());
    const response = await fetch(`${origin}/ws`);
    expect([response.status, response.headers.get("upgrade")]).toEqual([426, "websocket"]);
    const upgrade = "connection: upgrade, close\r\nupgrade: h2c\r\n";
    const raw = await openRaw(port, `GET /livez HTTP/1.1\r\nhost: x\r\n${upgrade}\r\n`);
    expect(await raw.closed()).toMatch(/^HTTP\/1.1 200 /);
    const elsewhere = "connection: upgrade, close\r\nupgrade: websocket\r\n";
    const other = await openRaw(port, `GET /livez HTTP/1.1\r\nhost: x\r\n${elsewhere}\r\n`);
    expect(await other.closed()).toMatch(/^HTTP\/1.1 200 /);
  });

  test("that is no proper handshake is refused, and its place is free again", async () => {
    const { origin, port } = await openLive(createEventLogs(), { maxClientsPerPrincipal: 1 });
    for (const headers of ["", "sec-websocket-version: 12\r\n", "sec-websocket-version: 13\r\n"]) {
      const raw = await openRaw(
        port,
        `GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n${headers}\r\n`,
      );
      expect(await raw.closed()).toMatch(/^HTTP\/1.1 4\d\d /);
    }
    await openWs(origin);
    await expect(openWs(origin)).rejects.toThrow(/429 /);
  });
});
