import { createManualClock } from "@parley/core";
import { createSeededRandom } from "@parley/core/internal";
import { describe, expect, test, vi } from "vitest";
import { createEventLogs, type EventLogs } from "./support/event-logs.ts";
import { openLive, openSse, openWs, type SseMessage, type SseReader } from "./support/live.ts";

const numberOf = ({ data }: SseMessage): number => (data as { data: { id: number } }).data.id;

/** Opens where another left off, once the server has said where that is. */
async function resume(origin: string, after?: string): Promise<SseReader> {
  const client = await openSse(`${origin}/events`, after === undefined ? {} : { "last-event-id": after });
  await vi.waitFor(() => expect(client.lastId()).toBeDefined(), { timeout: 10_000 });
  return client;
}

async function publishAll(logs: EventLogs, from: number, count: number): Promise<void> {
  for (let id = from; id < from + count; id++) await logs.publish("books.added", { id });
}

describe("a client that comes back", () => {
  test("goes on where it was at any instance, over many moves, with nothing lost and nothing twice", async () => {
    const logs = createEventLogs({ logs: 5, lagTurns: 30 });
    const gateways = [await openLive(logs), await openLive(logs), await openLive(logs)];
    const random = createSeededRandom(42);
    const heard: number[] = [];
    let client = await resume(gateways[0]?.origin ?? "");
    let published = 0;
    for (let move = 0; move < 80; move++) {
      const burst = Math.floor(random.next() * 12);
      const taken = Math.floor(random.next() * (burst + 1));
      await publishAll(logs, published, burst);
      published += burst;
      heard.push(...(await client.take(Math.min(taken, published - heard.length))).map(numberOf));
      const after = client.lastId(); // may be past what was taken here: the rest was dispatched as well
      client.close();
      await client.ended();
      heard.push(...client.rest().map(numberOf));
      expect(client.lastId()).toBe(after);
      const gateway = gateways[Math.floor(random.next() * gateways.length)];
      client = await resume(gateway?.origin ?? "", after);
    }
    heard.push(...(await client.take(published - heard.length)).map(numberOf));
    expect(heard.toSorted((a, b) => a - b)).toEqual(Array.from({ length: published }, (_, id) => id));
  }, 30_000);

  test("goes on at an instance that has only just started", async () => {
    const logs = createEventLogs({ logs: 4 });
    const old = await openLive(logs);
    const client = await resume(old.origin);
    await publishAll(logs, 0, 20);
    await client.take(20);
    client.close();
    await publishAll(logs, 20, 20);
    const fresh = await openLive(logs);
    const back = await resume(fresh.origin, client.lastId());
    expect((await back.take(20)).map(numberOf).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, at) => at + 20),
    );
  });

  test("was quiet for hours, and still goes on where it was, because heartbeats moved its id", async () => {
    const clock = createManualClock(Date.now());
    const logs = createEventLogs({ now: clock.now, logs: 2 });
    const old = await openLive(logs, {}, { clock });
    const client = await resume(old.origin);
    await logs.publish("books.added", { id: 1 }, { log: 0 });
    await client.next();
    for (let beat = 0; beat < 240; beat++) {
      const before = client.lastId();
      clock.advance(15_000);
      await vi.waitFor(() => expect(client.lastId()).not.toBe(before), { interval: 1 });
    }
    client.close();
    const fresh = await openLive(logs, {}, { clock }); // knows nothing of the one event
    await logs.publish("books.added", { id: 2 }, { log: 1 });
    const back = await resume(fresh.origin, client.lastId());
    const [first] = await back.take(1);
    expect([first?.event, first && numberOf(first)]).toEqual(["books.added", 2]);
    back.close();
  });

  test("is told when what it missed is no longer held, and goes on from now", async () => {
    const logs = createEventLogs({ logs: 1 });
    const { origin } = await openLive(logs, { keepEvents: 10 });
    const client = await resume(origin);
    await publishAll(logs, 0, 1);
    await client.take(1);
    client.close();
    const watcher = await resume(origin);
    await publishAll(logs, 1, 11);
    await watcher.take(11);
    const back = await resume(origin, client.lastId());
    expect(await back.next()).toMatchObject({ event: "reset", data: { code: "CURSOR_NOT_HELD" } });
    await publishAll(logs, 12, 1);
    expect(numberOf(await back.next())).toBe(12);
    // one that missed exactly what is held has a gap of nothing
    const last = await resume(origin, (await watcher.take(1))[0]?.id);
    await publishAll(logs, 13, 1);
    expect(numberOf(await last.next())).toBe(13);
  });

  test("is told after its absence was longer than events are kept", async () => {
    const clock = createManualClock(Date.now());
    const logs = createEventLogs({ now: clock.now, logs: 1 });
    const { origin } = await openLive(logs, { keepMs: 60_000 }, { clock });
    const client = await resume(origin);
    await publishAll(logs, 0, 1);
    await client.take(1);
    client.close();
    await publishAll(logs, 1, 1);
    clock.advance(120_000);
    const fresh = await openLive(logs, { keepMs: 60_000 }, { clock });
    const back = await resume(fresh.origin, client.lastId());
    expect(await back.next()).toMatchObject({ event: "reset", data: { code: "CURSOR_NOT_HELD" } });
  });

  test("is told when the log that its id names was removed and begins anew", async () => {
    const clock = createManualClock(Date.now());
    const before = createEventLogs({ now: clock.now, logs: 1 });
    const client = await resume((await openLive(before, {}, { clock })).origin);
    await publishAll(before, 0, 20);
    await client.take(20);
    client.close();
    const after = createEventLogs({ now: clock.now, logs: 1 }); // the same name, other events
    const { origin } = await openLive(after, {}, { clock });
    const back = await resume(origin, client.lastId());
    await after.publish("books.added", { id: 99 }, { id: "another" });
    clock.advance(15_000);
    expect(await back.next()).toMatchObject({ event: "reset", data: { code: "CURSOR_NOT_HELD" } });
    await after.publish("books.added", { id: 100 }, { id: "and another" });
    expect(numberOf(await back.next())).toBe(100);
    back.close();
  });

  test.each(["", "nonsense", "1-zz", "1-1.short", `1-1${".abcdefgh1".repeat(2_000)}`, "2-1"])(
    "with an id that is none (%#) is told, or begins anew",
    async (after) => {
      const logs = createEventLogs();
      const { origin } = await openLive(logs);
      const response = await fetch(`${origin}/events`, { headers: { "last-event-id": after } }).catch(() => undefined);
      if (response?.status === 431) return; // longer than any header may be
      await response?.body?.cancel();
      const client = await openSse(`${origin}/events`, { "last-event-id": after });
      if (after !== "") expect(await client.next()).toMatchObject({ event: "reset", data: { code: "CURSOR_UNKNOWN" } });
      client.close();
    },
  );

  test("over WebSocket resumes each subscription on its own", async () => {
    const logs = createEventLogs({ logs: 2 });
    const [one, two] = [await openLive(logs), await openLive(logs)];
    const client = await openWs(one.origin);
    client.send({ type: "subscribe", id: 1, events: ["books.added"] });
    await client.next();
    await publishAll(logs, 0, 3);
    const heard = await client.take(3);
    client.socket.terminate();
    await publishAll(logs, 3, 3);
    const back = await openWs(two.origin);
    back.send({ type: "subscribe", id: 1, events: ["books.added"], after: heard[0]?.id });
    back.send({ type: "subscribe", id: 2, events: ["books.added"], after: "x" });
    const messages = await back.take(8);
    const eventsOf = (id: number) => messages.filter((it) => it.type === "event" && it.subscription === id);
    const ids = eventsOf(1).map(({ data }) => (data as { id: number }).id);
    const firstId = (heard.at(0)?.data as { id: number } | undefined)?.id;
    expect(ids.toSorted()).toEqual([0, 1, 2, 3, 4, 5].filter((id) => id !== firstId));
    expect(messages.filter(({ type }) => type === "reset")).toEqual([
      expect.objectContaining({ subscription: 2, code: "CURSOR_UNKNOWN", id: expect.any(String) }),
    ]);
  });
});

test("a log that begins anew under its readers is told", async () => {
  const logs = createEventLogs({ logs: 1 });
  const { origin } = await openLive(logs, { keepEvents: 2 });
  const client = await resume(origin);
  await publishAll(logs, 0, 5);
  await client.take(5);
  logs.restart();
  await logs.publish("books.added", { id: 6 }, { id: "new" });
  expect(await client.next()).toMatchObject({ event: "reset", data: { code: "EVENTS_MISSED" } });
  await logs.publish("books.added", { id: 7 }, { id: "newer" });
  expect((await client.take(2)).map(numberOf)).toEqual([6, 7]);
});

describe("a transport that keeps nothing", () => {
  test("lets a client resume at the same instance, and another says that it cannot know", async () => {
    const logs = createEventLogs({ replay: false });
    const [one, two] = [await openLive(logs), await openLive(logs)];
    const client = await resume(one.origin);
    const atFirst = client.lastId();
    await publishAll(logs, 0, 5);
    const heard = await client.take(5);
    client.close();
    const back = await resume(one.origin, heard[1]?.id);
    expect((await back.take(3)).map(numberOf)).toEqual(heard.slice(2).map(numberOf));
    const fromTheStart = await resume(one.origin, atFirst);
    expect((await fromTheStart.take(5)).map(numberOf)).toEqual(heard.map(numberOf));
    const elsewhere = await resume(two.origin, heard[4]?.id);
    expect(await elsewhere.next()).toMatchObject({ event: "reset", data: { code: "CURSOR_NOT_HELD" } });
  });

  test("that lost events says so to everybody, and to those who come back later", async () => {
    const logs = createEventLogs({ replay: false });
    const { origin } = await openLive(logs);
    const [client, gone] = [await resume(origin), await resume(origin)];
    await publishAll(logs, 0, 1);
    await client.next();
    const before = (await gone.next()).id;
    gone.close();
    logs.lose("the connection to the broker was lost");
    expect(await client.next()).toMatchObject({
      event: "reset",
      data: { code: "EVENTS_MISSED", reason: "the connection to the broker was lost" },
    });
    await publishAll(logs, 1, 1);
    const { id, ...event } = await client.next();
    expect(numberOf({ id, ...event })).toBe(1);
    expect(await (await resume(origin, before)).next()).toMatchObject({ event: "reset" });
    const onTime = await resume(origin, id);
    await publishAll(logs, 2, 1);
    expect(numberOf(await onTime.next())).toBe(2);
  });
});

test("an event that a relay published twice is heard once", async () => {
  const logs = createEventLogs({ logs: 2 });
  const { origin } = await openLive(logs);
  const client = await resume(origin);
  await logs.publish("books.added", { id: 1 }, { id: "same", log: 0 });
  await logs.publish("books.added", { id: 1 }, { id: "same", log: 0 });
  await logs.publish("books.added", { id: 1 }, { id: "same", log: 1 });
  await logs.publish("books.added", { id: 2 }, { log: 0 });
  await logs.publish("books.added", { id: 2 }, { log: 1 });
  expect((await client.take(3)).map(numberOf).toSorted()).toEqual([1, 2, 2]);
});
