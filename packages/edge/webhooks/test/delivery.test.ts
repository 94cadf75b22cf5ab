import type { Database } from "@parley/core";
import { type BusEvent, createManualClock, type ManualClock } from "@parley/core";
import { openDatabase } from "@parley/postgres";
import { realPostgres } from "@parley/postgres/testing";
import type { Envelope } from "@parley/transport";
import {
  createWebhookStore,
  createWebhooks,
  type NewEndpoint,
  verifyWebhook,
  type WebhookDelivery,
  type Webhooks,
  type WebhooksOptions,
} from "@parley/webhooks";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { openReceiver, type Receiver } from "./support/receiver.ts";

const url = (await realPostgres())?.newDatabase();
const embedded = { dataDir: "memory:", schema: "app" };

let events = 0;
const eventOf = (type: string, data: unknown = { course_id: 7 }, extensions = {}): Envelope => ({
  id: `event-${events++}`,
  source: "/courses",
  type,
  timeMs: Date.UTC(2026, 0, 1),
  contentType: "application/json",
  extensions,
  data: new TextEncoder().encode(JSON.stringify(data)),
});

describe.each([{ name: "PGlite", address: embedded }, ...(url ? [{ name: "PostgreSQL", address: { url } }] : [])])(
  "webhooks over $name",
  ({ address }) => {
    let database: Database;
    beforeAll(async () => {
      database = await openDatabase(address);
    });
    afterAll(() => database.close());

    /** Webhooks that may call this machine, with endpoints that go when the test ends. */
    async function open(options: Partial<WebhooksOptions> = {}) {
      const webhooks = createWebhooks({
        store: createWebhookStore(database),
        targets: "any",
        pollMs: 50,
        random: { next: () => 0 },
        ...options,
      });
      await webhooks.start();
      const ids: string[] = [];
      onTestFinished(async () => {
        await webhooks.drain({ signal: AbortSignal.abort() });
        for (const id of ids) await webhooks.endpoints.remove(id).catch(() => {});
      });
      const register = async (endpoint: NewEndpoint) => {
        const registered = await webhooks.endpoints.register(endpoint);
        ids.push(registered.id);
        return registered;
      };
      const accept = (envelope: Envelope) => database.transaction((tx) => webhooks.accept(tx, envelope));
      return { webhooks, register, accept };
    }

    async function settled(webhooks: Webhooks, id: string): Promise<WebhookDelivery> {
      return vi.waitFor(
        async () => {
          const [delivery] = await webhooks.endpoints.deliveries(id);
          if (delivery?.state === "pending" || !delivery) throw new Error(`not settled: ${JSON.stringify(delivery)}`);
          return delivery;
        },
        { timeout: 10_000 },
      );
    }

    test("are signed, told as they were published, and logged", async () => {
      const receiver = await openReceiver(204);
      const { webhooks, register, accept } = await open();
      const { id, secret } = await register({ url: receiver.url, events: ["courses.published"] });
      await accept(eventOf("courses.deleted"));
      const event = eventOf("courses.published");
      const exact: Envelope = { ...event, data: new TextEncoder().encode('{"big":9007199254740993}') };
      await accept(exact);
      await accept(exact); // a repeat
      const { headers, body } = await receiver.next();
      expect(body).toBe(
        '{"type":"courses.published","timestamp":"2026-01-01T00:00:00.000Z","data":{"big":9007199254740993}}',
      );
      expect(headers["content-type"]).toBe("application/json");
      const { id: messageId } = verifyWebhook(headers, body, { secret, nowMs: Date.now() });
      const delivery = await settled(webhooks, id);
      expect(delivery).toMatchObject({ messageId, event: "courses.published", state: "delivered" });
      expect(delivery.attempts).toEqual([{ atMs: expect.any(Number), durationMs: expect.any(Number), status: 204 }]);
      expect(await webhooks.endpoints.deliveries(id)).toHaveLength(1);
      expect(receiver.received).toHaveLength(1);
      expect(JSON.stringify(await webhooks.endpoints.list())).not.toContain(secret);
    });

    test("that wait are told, due ones and those that are made again later", async () => {
      const receiver = await openReceiver(500);
      const clock = createManualClock(Date.now());
      const observed: BusEvent[] = [];
      const { webhooks, register, accept } = await open({
        clock,
        retryAfterMs: [60_000],
        observe: (it) => void observed.push(it),
      });
      const lag = { type: "lag", of: "webhooks", group: "" } as const;
      await vi.waitFor(() => expect(observed).toContainEqual({ ...lag, name: "due", count: 0, oldestMs: 0 }));
      const { id } = await register({ url: receiver.url });
      await accept(eventOf("courses.published"));
      await receiver.next();
      await vi.waitFor(async () => expect((await webhooks.endpoints.deliveries(id))[0]?.attempts).toHaveLength(1));
      clock.advance(10_000);
      await vi.waitFor(() => expect(observed).toContainEqual({ ...lag, name: "later", count: 1, oldestMs: 10_000 }));
    });

    test("stay unsent when the transaction is rolled back", async () => {
      const receiver = await openReceiver(204);
      const { webhooks, register, accept } = await open();
      const { id } = await register({ url: receiver.url });
      const rolledBack = database.transaction(async (tx) => {
        await webhooks.accept(tx, eventOf("courses.published"));
        throw new Error("the handler failed");
      });
      await expect(rolledBack).rejects.toThrow("the handler failed");
      await accept(eventOf("courses.deleted"));
      expect((await receiver.next()).body).toContain("courses.deleted");
      expect(await webhooks.endpoints.deliveries(id)).toHaveLength(1);
    });

    test("are tried again on a schedule, with the same id and a new timestamp, until they have failed", async () => {
      const clock = createManualClock(Date.now());
      const receiver = await openReceiver(500, { status: 302, headers: { location: "http://127.0.0.1/" } }, 500);
      const { webhooks, register, accept } = await open({ clock, retryAfterMs: [10_000, 60_000] });
      const { id, secret } = await register({ url: receiver.url });
      await accept(eventOf("courses.published"));
      const first = await receiver.next();
      await waited({ webhooks, id, clock, receiver }, 10_000);
      const second = await receiver.next();
      await waited({ webhooks, id, clock, receiver }, 60_000);
      const third = await receiver.next();
      expect(new Set([first, second, third].map(({ headers }) => headers["webhook-id"])).size).toBe(1);
      const [sentFirst, sentThird] = [first, third].map(({ headers }) => Number(headers["webhook-timestamp"]));
      expect(sentThird).toBeGreaterThanOrEqual((sentFirst ?? 0) + 70);
      verifyWebhook(third.headers, third.body, { secret, nowMs: clock.now() });
      const { state, attempts } = await settled(webhooks, id);
      expect([state, attempts.map(({ status, error }) => status ?? error)]).toEqual(["failed", [500, 302, 500]]);
      expect(attempts[1]?.error).toMatch(/redirects are not followed/);
    });

    /** Waits for the settling of an attempt, looks whether the next is so far off, and moves on until it is made. */
    async function waited(
      { webhooks, id, clock, receiver }: { webhooks: Webhooks; id: string; clock: ManualClock; receiver: Receiver },
      byMs: number,
    ): Promise<void> {
      const made = receiver.received.length;
      const { attempts, nextAttemptAtMs = 0 } = await vi.waitFor(async () => {
        const [delivery] = await webhooks.endpoints.deliveries(id);
        if (delivery?.attempts.length !== made) throw new Error(`attempt ${made} is not settled`);
        return delivery;
      }, 10_000);
      const offMs = nextAttemptAtMs - (attempts.at(-1)?.atMs ?? 0);
      expect(offMs).toBeGreaterThanOrEqual(byMs);
      expect(offMs).toBeLessThan(byMs + 5_000); // the clock may have moved while it was made
      clock.advance(nextAttemptAtMs - 1 - clock.now());
      expect(receiver.received).toHaveLength(made);
      await vi.waitFor(() => {
        clock.advance(50); // the poll
        expect(receiver.received.length).toBeGreaterThan(made);
      }, 10_000);
    }

    test("wait as long as the receiver asks, and give up on one that does not answer", async () => {
      const clock = createManualClock(Date.now());
      const busy = await openReceiver({ status: 429, headers: { "retry-after": "120" } }, 204);
      const { webhooks, register, accept } = await open({ clock, retryAfterMs: [1_000], timeoutMs: 5_000 });
      const { id } = await register({ url: busy.url });
      await accept(eventOf("courses.published"));
      await busy.next();
      await waited({ webhooks, id, clock, receiver: busy }, 120_000);
      expect((await settled(webhooks, id)).state).toBe("delivered");
      const silent = await openReceiver("silence");
      const { id: other } = await register({ url: silent.url });
      await accept(eventOf("courses.published"));
      await silent.next();
      clock.advance(5_000);
      await vi.waitFor(async () => {
        const [delivery] = await webhooks.endpoints.deliveries(other);
        expect(delivery?.attempts).toMatchObject([{ error: "no answer within 5000 ms" }]);
      }, 10_000);
    });

    test("wait until the date that the receiver names, and no longer than a day", async () => {
      const clock = createManualClock(Math.floor(Date.now() / 1_000) * 1_000);
      const date = new Date(clock.now() + 120_000).toUTCString();
      const farOff = new Date(clock.now() + 1e12).toUTCString();
      const headers = (value: string) => ({ status: 503, headers: { "retry-after": value } });
      const busy = await openReceiver(headers(date), headers(farOff), headers("99999999999"), 204);
      const { webhooks, register, accept } = await open({ clock, retryAfterMs: [1_000, 1_000, 1_000] });
      const { id } = await register({ url: busy.url });
      await accept(eventOf("courses.published"));
      await busy.next();
      await waited({ webhooks, id, clock, receiver: busy }, 119_000);
      await busy.next();
      await waited({ webhooks, id, clock, receiver: busy }, 86_400_000);
      await busy.next();
      await waited({ webhooks, id, clock, receiver: busy }, 86_400_000);
      expect((await settled(webhooks, id)).state).toBe("delivered");
    });

    describe("while an attempt waits for a late 410", () => {
      /** Begins an attempt, does `meanwhile`, lets the receiver answer 410, and waits until that is settled. */
      async function during(meanwhile: (webhooks: Webhooks, id: string) => Promise<unknown>) {
        const gate = Promise.withResolvers<void>();
        const receiver = await openReceiver({ status: 410, headers: {}, after: gate.promise }, 204);
        const logged: string[] = [];
        const log = (_: object, message = ""): void => void logged.push(message);
        const { webhooks, register, accept } = await open({ logger: { debug: log, info: log, warn: log, error: log } });
        const { id, secret } = await register({ url: receiver.url });
        await accept(eventOf("courses.published"));
        await receiver.next();
        await meanwhile(webhooks, id);
        gate.resolve();
        await vi.waitFor(() => expect(logged).toContain("webhook not delivered"), 10_000);
        return { webhooks, id, accept, receiver, secret };
      }

      test("a rotation holds: the revoked secret signs nothing afterwards", async () => {
        let fresh = "";
        const { webhooks, id, accept, receiver, secret } = await during(async (own, endpoint) => {
          fresh = (await own.endpoints.rotate(endpoint, { overlapMs: 0 })).secret;
        });
        expect((await webhooks.endpoints.get(id)).state).toBe("disabled");
        await webhooks.endpoints.setState(id, "active");
        await accept(eventOf("courses.published"));
        const { headers, body } = await receiver.next();
        verifyWebhook(headers, body, { secret: fresh, nowMs: Date.now() });
        expect(() => verifyWebhook(headers, body, { secret, nowMs: Date.now() })).toThrow(/no signature/);
      });

      test("a removal holds: the endpoint does not come back", async () => {
        const { webhooks, id } = await during((own, endpoint) => own.endpoints.remove(endpoint));
        await expect(webhooks.endpoints.get(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
        expect((await webhooks.endpoints.list()).map((endpoint) => endpoint.id)).not.toContain(id);
      });
    });

    test("of many rotations at once each either fails or returns a secret that signs", async () => {
      const receiver = await openReceiver(204);
      const { webhooks, register, accept } = await open();
      const { id } = await register({ url: receiver.url });
      for (const overlapMs of [0, 60_000]) {
        const rotations = Array.from({ length: 8 }, () => webhooks.endpoints.rotate(id, { overlapMs }));
        const ended = await Promise.allSettled(rotations);
        await accept(eventOf("courses.published"));
        const { headers, body } = await receiver.next();
        const returned = ended.filter((end) => end.status === "fulfilled").map(({ value }) => value.secret);
        expect(returned).not.toEqual([]);
        for (const secret of returned) verifyWebhook(headers, body, { secret, nowMs: Date.now() });
        for (const end of ended) if (end.status === "rejected") expect(end.reason).toMatchObject({ code: "ABORTED" });
      }
      await expect(webhooks.endpoints.rotate(id, { overlapMs: Number.NaN })).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    });

    test("stop at an endpoint that is gone, and go on when it is switched on again", async () => {
      const receiver = await openReceiver(410, 204);
      const { webhooks, register, accept } = await open();
      const { id } = await register({ url: receiver.url });
      await accept(eventOf("courses.published"));
      await vi.waitFor(async () => {
        const { state, reason } = await webhooks.endpoints.get(id);
        expect([state, reason]).toEqual(["disabled", "the receiver answered 410 Gone"]);
      }, 10_000);
      expect((await settled(webhooks, id)).state).toBe("failed");
      await accept(eventOf("courses.deleted"));
      await webhooks.endpoints.setState(id, "active");
      await vi.waitFor(() => expect(receiver.received).toHaveLength(2), 10_000);
      expect(receiver.received[1]?.body).toContain("courses.deleted");
    });

    test("are signed with the old secret too for a while after a change", async () => {
      const clock = createManualClock(Date.now());
      const receiver = await openReceiver(204);
      const { webhooks, register, accept } = await open({ clock });
      const { id, secret: old } = await register({ url: receiver.url });
      const { secret } = await webhooks.endpoints.rotate(id, { overlapMs: 60_000 });
      await accept(eventOf("courses.published"));
      const { headers, body } = await receiver.next();
      for (const key of [old, secret]) verifyWebhook(headers, body, { secret: key, nowMs: clock.now() });
      clock.advance(60_000);
      await accept(eventOf("courses.published"));
      const later = await receiver.next();
      verifyWebhook(later.headers, later.body, { secret, nowMs: clock.now() });
      expect(() => verifyWebhook(later.headers, later.body, { secret: old, nowMs: clock.now() })).toThrow(
        /no signature/,
      );
    });

    test("of a tenant go to its endpoints alone", async () => {
      const [mine, others] = [await openReceiver(204), await openReceiver(204)];
      const { register, accept } = await open();
      await register({ url: mine.url, tenant: "acme" });
      await register({ url: others.url, tenant: "other" });
      await accept(eventOf("courses.published", {}, { tenant: "acme" }));
      await accept(eventOf("courses.open"));
      await Promise.all([mine.next(), mine.next(), others.next()]);
      expect(mine.received.map(({ body }) => JSON.parse(body).type).toSorted()).toEqual([
        "courses.open",
        "courses.published",
      ]);
      expect(others.received.map(({ body }) => JSON.parse(body).type)).toEqual(["courses.open"]);
    });

    test("are sent once by several instances, and one that is slow holds nobody up", async () => {
      const [slow, quick] = [await openReceiver("silence"), await openReceiver(204)];
      const first = await open({ concurrency: 4, concurrencyPerEndpoint: 2 });
      const second = await open({ concurrency: 4, concurrencyPerEndpoint: 2 });
      await first.register({ url: slow.url });
      const { id } = await first.register({ url: quick.url });
      for (let count = 0; count < 40; count++) {
        await (count % 2 === 0 ? first : second).accept(eventOf("courses.published", { count }));
      }
      await vi.waitFor(() => expect(quick.received).toHaveLength(40), 15_000);
      const deliveries = await first.webhooks.endpoints.deliveries(id, { limit: 100 });
      expect(deliveries.filter(({ attempts }) => attempts.length > 1)).toEqual([]);
      expect(new Set(quick.received.map(({ headers }) => headers["webhook-id"])).size).toBe(40);
    }, 30_000);

    test("that an instance was sending when it died are sent by another", async () => {
      const clock = createManualClock(Date.now());
      const receiver = await openReceiver("silence", 204);
      const dying = await open({ clock });
      const { id } = await dying.register({ url: receiver.url });
      await dying.accept(eventOf("courses.published"));
      await receiver.next();
      await dying.webhooks.drain({ signal: AbortSignal.abort() });
      const other = await open({ clock });
      clock.advance(45_001);
      await vi.waitFor(() => {
        clock.advance(50);
        expect(receiver.received).toHaveLength(2);
      }, 10_000);
      expect((await settled(other.webhooks, id)).state).toBe("delivered");
    });

    test("are listed in pages, also those of one millisecond", async () => {
      const clock = createManualClock(Date.now());
      const receiver = await openReceiver(204);
      const { webhooks, register, accept } = await open({ clock });
      const { id } = await register({ url: receiver.url });
      for (let count = 0; count < 7; count++) {
        if (count === 5) clock.advance(1);
        await accept(eventOf("courses.published"));
      }
      const seen: string[] = [];
      for (let last: WebhookDelivery | undefined; ; ) {
        const before = last && { beforeMs: last.createdAtMs, beforeId: last.messageId };
        const page = await webhooks.endpoints.deliveries(id, { limit: 2, ...before });
        seen.push(...page.map(({ messageId }) => messageId));
        last = page.at(-1);
        if (!last) break;
      }
      expect([seen.length, new Set(seen).size]).toEqual([7, 7]);
    });

    test("are not accepted with data that is not JSON", async () => {
      const { accept } = await open();
      const broken: Envelope = { ...eventOf("courses.published"), data: new Uint8Array([0xff]) };
      await expect(accept(broken)).rejects.toThrow(/data of courses.published is not JSON/);
    });
  },
);

test("an option that cannot be is told", () => {
  const store = createWebhookStore({} as Database);
  expect(() => createWebhooks({ store, timeoutMs: 0, retryAfterMs: [-1] })).toThrow(
    "webhooks: timeoutMs must be a positive number, got 0; retryAfterMs must be waits of 0 or more, got -1",
  );
});
