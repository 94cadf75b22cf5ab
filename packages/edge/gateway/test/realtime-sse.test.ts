import { createManualClock, ParleyError } from "@parley/core";
import { liveEvent } from "@parley/gateway";
import { SignJWT } from "jose";
import { describe, expect, test, vi } from "vitest";
import { LibraryService } from "./gen/everything_pb.ts";
import { createEventLogs } from "./support/event-logs.ts";
import { AuthorAdded, BookAdded, openLive, openSse } from "./support/live.ts";

const SECRET = "correct horse battery staple, 32+";
const tokenOf = (claims: object) =>
  new SignJWT({ sub: "ada", ...claims }).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(SECRET));
const bearer = async (claims: object) => ({ authorization: `Bearer ${await tokenOf(claims)}` });

describe("server-sent events", () => {
  test("come as they happen, in this edge's JSON", async () => {
    const logs = createEventLogs();
    const { origin } = await openLive(logs, {}, { json: { fieldNames: "proto", int64: "number" } });
    const client = await openSse(`${origin}/events`);
    expect(client.response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    await vi.waitFor(() => expect(client.lastId()).toBeDefined());
    await logs.publish("books.added", { id: 7, sold_copies: 12 }, { subject: "shelves/3", timeMs: 0 });
    const { event, id, data } = await client.next();
    expect([event, data]).toEqual([
      "books.added",
      {
        event: "books.added",
        time: "1970-01-01T00:00:00.000Z",
        subject: "shelves/3",
        data: { id: 7, name: "", genre: "GENRE_UNSPECIFIED", sold_copies: 12 },
      },
    ]);
    expect(client.lastId()).toBe(id);
  });

  test("stand below the base path, and HEAD is answered at once", async () => {
    const { origin } = await openLive(createEventLogs(), {}, { basePath: "/api/v1" });
    const response = await fetch(`${origin}/api/v1/events`, { method: "HEAD" });
    expect([response.status, response.headers.get("x-accel-buffering")]).toEqual([200, "no"]);
    expect((await fetch(`${origin}/events`)).status).toBe(404);
  });

  test("are chosen by name and by resource, with all below it", async () => {
    const logs = createEventLogs({ logs: 1 });
    const { origin } = await openLive(logs);
    const client = await openSse(`${origin}/events?events=books.added&resources=shelves/3,shelves/9`);
    await logs.publish("authors.added", { name: "x" }, { subject: "shelves/3" });
    for (const subject of ["shelves/3", "shelves/33", "shelves/3/rows/1", "shelves/9", "shelves"]) {
      await logs.publish("books.added", { name: subject }, { subject });
    }
    await logs.publish("books.added", { name: "none" });
    await logs.publish("books.added", { name: "last" }, { subject: "shelves/9" });
    const names = (await client.take(4)).map(({ data }) => (data as { data: { name: string } }).data.name);
    expect(names).toEqual(["shelves/3", "shelves/3/rows/1", "shelves/9", "last"]);
  });

  test.each([
    ["?events=books.burnt", /events has no \\?"books.burnt\\?": there are books.added, authors.added/],
    ["?colour=red", /colour is not known here/],
    ["?access_token=abc", /access_token must not be in the URL/],
    [`?resources=${"x".repeat(257)}`, /resources must have 1 to 256 characters/],
  ])("are refused for %s", async (query, message) => {
    const { origin } = await openLive(createEventLogs());
    const response = await fetch(`${origin}/events${query}`);
    expect([response.status, await response.text()]).toEqual([400, expect.stringMatching(message)]);
  });

  test("go only to whom the rule lets see them, and never to another tenant", async () => {
    const logs = createEventLogs({ logs: 1 });
    const events = [
      liveEvent(BookAdded, ({ principal, payload }) => principal?.subject === payload.name),
      liveEvent(AuthorAdded, "everyone"),
    ];
    const { origin } = await openLive(logs, { events }, { auth: { secret: SECRET } });
    expect((await fetch(`${origin}/events`)).status).toBe(401);
    const ada = await openSse(`${origin}/events`, await bearer({ tenant_id: "acme" }));
    const bob = await openSse(`${origin}/events`, await bearer({ sub: "bob" }));
    await logs.publish("books.added", { name: "ada" });
    await logs.publish("books.added", { name: "bob" });
    await logs.publish("authors.added", {}, { subject: "secret", extensions: { tenant: "acme" } });
    await logs.publish("authors.added", {}, { subject: "end" });
    const namesOf = async (client: typeof ada, count: number) =>
      (await client.take(count)).map(({ data }) => {
        const { subject, data: payload } = data as { subject?: string; data: { name: string } };
        return subject ?? payload.name;
      });
    expect(await namesOf(ada, 3)).toEqual(["ada", "secret", "end"]);
    expect(await namesOf(bob, 2)).toEqual(["bob", "end"]);
  });

  test("may be asked of a backend, with the token of who listens", async () => {
    const logs = createEventLogs({ logs: 1 });
    const events = [
      liveEvent(BookAdded, async ({ payload, client }) => {
        const { book } = await client(LibraryService).getBook({ name: payload.name });
        return book?.id === 7;
      }),
    ];
    const { origin } = await openLive(logs, { events }, { auth: { secret: SECRET } });
    const client = await openSse(`${origin}/events`, await bearer({}));
    await logs.publish("books.added", { name: "missing" }); // the rule fails: the client is told
    await logs.publish("books.added", { name: "emma" });
    const [first, second] = await client.take(2);
    expect([first?.event, first?.data]).toEqual(["reset", expect.objectContaining({ code: "RULE_FAILED" })]);
    expect(second?.event).toBe("books.added");
  });

  test("wait at an event while its rule cannot be asked, and then get everything in order", async () => {
    const clock = createManualClock(Date.now());
    const logs = createEventLogs({ logs: 1, now: clock.now });
    let isUnavailable = true;
    let asked = 0;
    const events = [
      liveEvent(BookAdded, async ({ payload }) => {
        asked += 1;
        if (isUnavailable) throw new ParleyError("UNAVAILABLE", "the circuit breaker for courses is open");
        return Number(payload.id) !== 2;
      }),
      liveEvent(AuthorAdded, "everyone"),
    ];
    const { origin } = await openLive(logs, { events }, { clock });
    const client = await openSse(`${origin}/events?events=books.added`);
    const other = await openSse(`${origin}/events?events=authors.added`);
    for (const id of [1, 2, 3]) await logs.publish("books.added", { id });
    await logs.publish("authors.added", { name: "ada" });
    expect(await other.next()).toMatchObject({ event: "authors.added" });
    // An outage of a minute: longer than a breaker stays open.
    for (let second = 0; second < 60; second++) {
      clock.advance(1_000);
      await new Promise(setImmediate);
    }
    expect(asked).toBeGreaterThan(10);
    expect([...client.rest(), ...other.rest()]).toEqual([]);
    isUnavailable = false;
    const came: ReturnType<typeof client.rest> = [];
    await vi.waitFor(() => {
      clock.advance(1_000);
      came.push(...client.rest());
      expect(came).toHaveLength(2);
    });
    expect(came.map(({ event, data }) => [event, data])).toMatchObject([
      ["books.added", { data: { id: 1 } }],
      ["books.added", { data: { id: 3 } }],
    ]);
  });

  test("are told once that events may be missing when a rule cannot be asked for as long as events are kept", async () => {
    const clock = createManualClock(Date.now());
    const logs = createEventLogs({ logs: 1, now: clock.now });
    const rule = async (): Promise<boolean> => {
      throw new ParleyError("UNAVAILABLE", "the circuit breaker for courses is open");
    };
    const { origin } = await openLive(logs, { events: [liveEvent(BookAdded, rule)], keepMs: 30_000 }, { clock });
    const client = await openSse(`${origin}/events`);
    for (const id of [1, 2, 3]) await logs.publish("books.added", { id });
    const came: ReturnType<typeof client.rest> = [];
    await vi.waitFor(
      () => {
        clock.advance(1_000);
        came.push(...client.rest());
        expect(came).not.toEqual([]);
      },
      { timeout: 10_000, interval: 1 },
    );
    expect(came).toMatchObject([{ event: "reset", data: { code: "RULE_FAILED" } }]);
  });

  test("end with the token, and say so", async () => {
    const clock = createManualClock(Date.now());
    const { origin } = await openLive(createEventLogs(), {}, { auth: { secret: SECRET }, clock });
    const client = await openSse(`${origin}/events`, await bearer({ exp: Math.floor(clock.now() / 1_000) + 60 }));
    clock.advance(60_000);
    expect(await client.next()).toMatchObject({ event: "error", data: { error: "the token has expired" } });
    await client.ended();
  });

  test("show nothing of what is not of the schema", async () => {
    const logs = createEventLogs({ logs: 1 });
    const { origin } = await openLive(logs);
    const client = await openSse(`${origin}/events`);
    await logs.publish("books.added", {}, { data: new Uint8Array([0xff, 0x00]) });
    await logs.publish("books.added", { id: "a lot" });
    await logs.publish("books.added", { name: "good", from_a_newer_publisher: true });
    expect(await client.next()).toMatchObject({ data: { data: { name: "good" } } });
  });

  test("begin at the present, whatever was before", async () => {
    const logs = createEventLogs();
    for (let id = 0; id < 20; id++) await logs.publish("books.added", { id });
    const { origin } = await openLive(logs);
    const client = await openSse(`${origin}/events`);
    await logs.publish("books.added", { name: "new" });
    expect(await client.next()).toMatchObject({ data: { data: { name: "new" } } });
  });

  test("beat while nothing happens, and tell where the client is", async () => {
    const clock = createManualClock(Date.now());
    const logs = createEventLogs({ now: clock.now });
    const { origin } = await openLive(logs, {}, { clock, heartbeatMs: 15_000 });
    const client = await openSse(`${origin}/events`);
    await vi.waitFor(() => expect(client.lastId()).toBeDefined());
    const first = client.lastId();
    clock.advance(15_000);
    await vi.waitFor(() => expect(client.lastId()).not.toBe(first));
    client.close();
  });

  test("are limited in number, for each principal and for all", async () => {
    const limits = { maxClients: 3, maxClientsPerPrincipal: 2 };
    const { origin } = await openLive(createEventLogs(), limits, { auth: { secret: SECRET } });
    const open = async (sub: string) => openSse(`${origin}/events`, await bearer({ sub }));
    const first = await open("ada");
    await open("ada");
    await expect(open("ada")).rejects.toThrow(/429 .*you have 2 live connections already/);
    await open("bob");
    await expect(open("eve")).rejects.toThrow(/503 .*as many live clients as it may/);
    first.close();
    await vi.waitFor(() => open("ada"), { timeout: 10_000 });
  });

  test("end when the gateway stops, with a time to come back", async () => {
    const { gateway, origin } = await openLive(createEventLogs());
    const client = await openSse(`${origin}/events`);
    expect(await gateway.drain({ graceMs: 5_000 })).toBe("drained");
    await client.ended();
    expect(client.retryMs()).toBeGreaterThanOrEqual(1_000);
  });
});
