import { createManualClock, ParleyError } from "@parley/core";
import { liveEvent } from "@parley/gateway";
import { SignJWT } from "jose";
import { describe, expect, test, vi } from "vitest";
import { LibraryService } from "./gen/everything_pb.ts";
import { createEventLogs } from "./support/event-logs.ts";
import { AuthorAdded, BookAdded, openSse, openWs } from "./support/live.ts";
import { openRealLibrary } from "./support/real-library.ts";

const SECRET = "correct horse battery staple, 32+";
const OUTAGE_SECONDS = 600;
const SECONDS_PER_EVENT = 3;
/** Longer than the outage, so that nothing is given up. */
const KEEP_MS = 3_600_000;

const headersOf = async (user: string) => {
  const token = new SignJWT({ sub: user }).setProtectedHeader({ alg: "HS256" });
  return { authorization: `Bearer ${await token.sign(new TextEncoder().encode(SECRET))}` };
};

/** What a client hears, the same for both protocols: `books.added 7`, or `reset RULE_FAILED`. */
interface Reader {
  heard(): readonly string[];
}

function readerOf(rest: () => readonly string[]): Reader {
  const all: string[] = [];
  return {
    heard() {
      all.push(...rest());
      return all;
    },
  };
}

const idOf = (data: unknown): string => String((data as { id?: number }).id ?? "");

async function listenBySse(origin: string, user: string): Promise<Reader> {
  const client = await openSse(`${origin}/events`, await headersOf(user));
  return readerOf(() =>
    client.rest().map(({ event, data }) => {
      const { code, data: payload } = data as { code?: string; data?: unknown };
      return event === "reset" ? `reset ${code}` : `${event} ${idOf(payload)}`.trim();
    }),
  );
}

async function listenByWs(origin: string, user: string): Promise<Reader> {
  const client = await openWs(origin, { headers: await headersOf(user) });
  client.send({ type: "subscribe", id: 1 });
  expect(await client.next()).toMatchObject({ type: "subscribed" });
  return readerOf(() =>
    client
      .rest()
      .map(({ type, event, code, data }) => (type === "event" ? `${event} ${idOf(data)}`.trim() : `${type} ${code}`)),
  );
}

/** Lets sockets do their work, between two steps of the manual clock. */
async function letSocketsWork(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
}

describe.each([
  ["server-sent events", listenBySse],
  ["a WebSocket", listenByWs],
])("%s while the breaker of the service that rules ask is open", (_, listen) => {
  test("reset nobody in ten minutes of live events, and go on in order when the service is back", async () => {
    const clock = createManualClock(Date.now());
    const logs = createEventLogs({ logs: 1, now: clock.now });
    let isUnavailable = true;
    let reached = 0;
    let asked = 0;
    const { url } = await openRealLibrary({
      methods: {
        getBook: ({ name }) => {
          reached += 1;
          if (isUnavailable) throw new ParleyError("UNAVAILABLE", "the library is closed");
          return { book: { name } };
        },
      },
      channel: { clock },
      gateway: {
        clock,
        auth: { secret: SECRET },
        realtime: {
          transport: logs.transport,
          keepMs: KEEP_MS,
          events: [
            liveEvent(BookAdded, async ({ principal, payload, client }) => {
              asked += 1;
              await client(LibraryService).getBook({ name: String(payload.id) });
              return principal?.subject === "ada";
            }),
            liveEvent(AuthorAdded, "everyone"),
          ],
        },
      },
    });
    const ada = await listen(url, "ada");
    const blind = await listen(url, "a user who may see no book");
    const published: string[] = [];
    for (let second = 0; second < OUTAGE_SECONDS; second++) {
      if (second % SECONDS_PER_EVENT === 0) {
        published.push(`books.added ${second}`);
        await logs.publish("books.added", { id: second });
      }
      clock.advance(1_000);
      await letSocketsWork();
    }
    await logs.publish("authors.added", {});
    expect([ada.heard(), blind.heard()]).toEqual([[], []]);
    expect(asked).toBeGreaterThan(100);
    expect(reached).toBeLessThan(asked / 2); // the breaker has answered the others

    isUnavailable = false;
    await vi.waitFor(
      () => {
        clock.advance(1_000);
        expect(blind.heard()).toHaveLength(1);
        expect(ada.heard()).toHaveLength(published.length + 1);
      },
      { timeout: 20_000, interval: 20 },
    );
    expect(ada.heard()).toEqual([...published, "authors.added"]);
    expect(blind.heard()).toEqual(["authors.added"]);
  }, 30_000);

  test("tell of a gap once, and not at each event, when events are no longer kept", async () => {
    const clock = createManualClock(Date.now());
    const logs = createEventLogs({ logs: 1, now: clock.now });
    const closed = (): never => {
      throw new ParleyError("UNAVAILABLE", "the library is closed");
    };
    const { url } = await openRealLibrary({
      methods: { getBook: closed },
      channel: { clock },
      gateway: {
        clock,
        auth: { secret: SECRET },
        realtime: {
          transport: logs.transport,
          keepMs: 30_000,
          events: [
            liveEvent(BookAdded, async ({ client }) => {
              await client(LibraryService).getBook({ name: "any" });
              return true;
            }),
          ],
        },
      },
    });
    const ada = await listen(url, "ada");
    for (let id = 1; id <= 10; id++) await logs.publish("books.added", { id });
    await vi.waitFor(
      () => {
        clock.advance(1_000);
        expect(ada.heard()).not.toEqual([]);
      },
      { timeout: 20_000, interval: 5 },
    );
    for (let second = 0; second < 60; second++) {
      clock.advance(1_000);
      await letSocketsWork();
    }
    expect(ada.heard()).toEqual(["reset RULE_FAILED"]);
  }, 30_000);
});
