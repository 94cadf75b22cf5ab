import { createManualClock, ParleyError } from "@parley/core";
import { createSeededRandom } from "@parley/core/internal";
import { liveEvent, onEvent } from "@parley/gateway";
import type { EventTransport } from "@parley/transport";
import { describe, expect, test, vi } from "vitest";
import { decodeCursor, encodeCursor, logKey, mergeCursors, reaches } from "../src/realtime/cursor.ts";
import { createEventLogs } from "./support/event-logs.ts";
import { AuthorAdded, BookAdded, openLive, openSse, openWs } from "./support/live.ts";

describe("a gateway whose broker", () => {
  test("is down at its start hears events as soon as it is up", async () => {
    const logs = createEventLogs({ logs: 1 });
    let down = 2;
    const transport: EventTransport = {
      ...logs.transport,
      async subscribe(subscription, handler) {
        if (down-- > 0) throw new ParleyError("UNAVAILABLE", "the broker cannot be reached");
        return logs.transport.subscribe(subscription, handler);
      },
    };
    const { origin } = await openLive(logs, { transport, random: { next: () => 0.1 } });
    const client = await openSse(`${origin}/events`); // waits for it
    await logs.publish("books.added", { id: 1 });
    expect(await client.next()).toMatchObject({ event: "books.added" });
  });

  test("stays down refuses clients by name, stops, and leaves nothing behind", async () => {
    const clock = createManualClock(Date.now());
    const logs = createEventLogs();
    const transport: EventTransport = {
      ...logs.transport,
      subscribe: async () => Promise.reject(new ParleyError("UNAVAILABLE", "the broker cannot be reached")),
    };
    const { origin, gateway } = await openLive(logs, { transport }, { clock });
    const [sse, ws] = [fetch(`${origin}/events`), openWs(origin).catch((error: Error) => error.message)];
    await vi.waitFor(() => expect(clock.pending()).toBe(5)); // the heartbeat, the next try, two who wait, and the server's own look
    clock.advance(5_000);
    const response = await sse;
    expect([response.status, response.headers.get("retry-after"), await response.json()]).toEqual([
      503,
      "1",
      { error: "live events cannot be heard yet: try again soon" },
    ]);
    expect(await ws).toMatch(/^503 /);
    const drained = gateway.drain({ graceMs: 0, signal: AbortSignal.abort() });
    await drained;
    expect(clock.pending()).toBe(0);
  });

  test("never says that all has been heard does not hold clients back for long, and they resume all the same", async () => {
    const clock = createManualClock(Date.now());
    const logs = createEventLogs({ logs: 1, now: clock.now });
    const transport: EventTransport = {
      ...logs.transport,
      async subscribe(subscription, handler) {
        const consumer = await logs.transport.subscribe(subscription, handler);
        return { ...consumer, lag: () => Promise.reject(new Error("not known")) };
      },
    };
    const { origin } = await openLive(logs, { transport }, { clock });
    const opening = openSse(`${origin}/events`);
    let open = false;
    void opening.then(() => {
      open = true;
    });
    await vi.waitFor(
      () => {
        clock.advance(50);
        expect(open).toBe(true);
      },
      { timeout: 10_000, interval: 1 },
    );
    const client = await opening;
    await logs.publish("books.added", { id: 1 });
    await logs.publish("books.added", { id: 2 });
    const [first, second] = await client.take(2);
    client.close();
    const back = await openSse(`${origin}/events`, { "last-event-id": first?.id ?? "" });
    expect(await back.next()).toEqual(second);
    back.close();
  });
});

describe("a listener", () => {
  test("hears an event before a rule is asked about a later one, and clients cannot ask for it", async () => {
    const logs = createEventLogs({ logs: 1 });
    const closed = new Set<string>();
    const { origin } = await openLive(logs, {
      events: [liveEvent(BookAdded, ({ payload }) => !closed.has(payload.name))],
      listeners: [onEvent(AuthorAdded, (author) => closed.add(author?.fullName ?? "all"))],
    });
    const refused = await fetch(`${origin}/events?events=authors.added`);
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining("authors.added")]);
    const client = await openSse(`${origin}/events`);
    await logs.publish("books.added", { id: 1, name: "Heaps" });
    expect(await client.next()).toMatchObject({ data: { data: { id: 1 } } });
    await logs.publish("authors.added", { full_name: "Heaps" });
    await logs.publish("books.added", { id: 2, name: "Heaps" });
    await logs.publish("books.added", { id: 3, name: "Sorts" });
    expect(await client.next()).toMatchObject({ data: { data: { id: 3 } } });
    expect(client.rest()).toEqual([]);
    client.close();
  });

  test("that fails, or gets what is none of its event, keeps nothing from clients", async () => {
    const logs = createEventLogs({ logs: 1 });
    const heard = vi.fn(() => {
      throw new Error("no");
    });
    const { origin } = await openLive(logs, { listeners: [onEvent(BookAdded, heard)] });
    const client = await openSse(`${origin}/events`);
    await logs.publish("authors.added", { full_name: "A" });
    await logs.publish("books.added", { id: "no number" });
    await logs.publish("books.added", { id: 1 });
    expect(await client.take(2)).toMatchObject([
      { event: "authors.added" },
      { event: "books.added", data: { data: { id: 1 } } },
    ]);
    expect(heard).toHaveBeenCalledOnce();
    client.close();
  });

  test("is told with nothing that events may have been missed", async () => {
    const logs = createEventLogs({ logs: 1 });
    const heard = vi.fn();
    let missed = (_: string): void => {};
    const transport: EventTransport = {
      ...logs.transport,
      subscribe(subscription, handler) {
        missed = subscription.onMissed ?? missed;
        return logs.transport.subscribe(subscription, handler);
      },
    };
    await openLive(logs, { transport, listeners: [onEvent(BookAdded, heard)] });
    missed("the connection was lost");
    expect(heard.mock.calls).toEqual([[undefined]]);
  });
});

describe("a cursor", () => {
  const random = createSeededRandom(11);
  const some = () => ({
    asOfMs: Math.floor(random.next() * 2 ** 44),
    offsets: new Map(
      Array.from({ length: Math.floor(random.next() * 6) }, (_, log) => [
        logKey(`log ${log}`),
        BigInt(Math.floor(random.next() * 2 ** 52)) << BigInt(Math.floor(random.next() * 20)),
      ]),
    ),
  });

  test("survives its journey as text", () => {
    for (let round = 0; round < 500; round++) {
      const cursor = some();
      const text = encodeCursor(cursor);
      expect(text).toMatch(/^[\w.-]+$/);
      expect(decodeCursor(text)).toEqual(cursor);
    }
  });

  test("of two is at or past both", () => {
    for (let round = 0; round < 500; round++) {
      const [a, b] = [some(), some()];
      const both = mergeCursors(a, b);
      expect([reaches(both, a), reaches(both, b)]).toEqual([true, true]);
      expect(both.asOfMs).toBe(Math.max(a.asOfMs, b.asOfMs));
    }
  });

  test("that was damaged is none, and never an exception", () => {
    for (let round = 0; round < 2_000; round++) {
      const text = [...encodeCursor(some())];
      text[Math.floor(random.next() * text.length)] = String.fromCharCode(Math.floor(random.next() * 256));
      expect(() => decodeCursor(text.join(""))).not.toThrow();
    }
  });
});
