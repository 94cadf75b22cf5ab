import { createSeededRandom } from "@parley/core/internal";
import { createInboxStore, createOutboxStore } from "@parley/postgres";
import { postgres } from "@parley/postgres/adapter";
import type { Delivery } from "@parley/transport";
import { createTcpProxy } from "@parley/transport/testing";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { atScale } from "../../../../../scripts/testing/at-scale.ts";
import { realPostgres } from "../../src/testing/real-postgres.ts";
import { failure, freshName } from "../../src/testing/with-database.ts";
import { event, numberOf } from "../support/envelopes.ts";
import {
  base,
  createLedger,
  numbered,
  open,
  openEffects,
  openTransport,
  publishSurely,
  WAIT,
} from "../support/scene.ts";

const server = await realPostgres();
const url = server?.newDatabase() ?? "";
const signal = new AbortController().signal;

describe.runIf(server)("the event transport when things fail", { timeout: 60_000 }, () => {
  it("loses nothing and keeps order while every session is ended again and again", async () => {
    const [topic, COUNT] = [freshName(), 1_000];
    const database = await open({ url });
    const [publisher, first, second] = await Promise.all([
      openTransport(database),
      openTransport(await open({ url })),
      openTransport(await open({ url })),
    ]);
    const ledger = createLedger();
    const handler = async (delivery: Delivery) => {
      ledger.note(delivery);
      return "done" as const;
    };
    for (const transport of [first, second])
      await transport.subscribe({ ...base, topics: [topic], group: "g" }, handler);
    let attempts = 0;
    const publishing = (async () => {
      const events = numbered(COUNT, 20);
      for (let at = 0; at < COUNT; at += 20)
        attempts += await publishSurely(publisher, topic, events.slice(at, at + 20));
    })();
    const end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
    let ended = 0;
    for (let round = 0; round < 8; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      ended += (await server?.query(end, { params: [new URL(url).pathname.slice(1)] }))?.rowCount ?? 0;
    }
    await publishing;
    await vi.waitFor(() => expect(ledger.seen.size).toBe(COUNT), WAIT);
    expect({ violations: ledger.violations(), ended: ended > 8 }).toEqual({ violations: 0, ended: true });
    expect(attempts).toBeGreaterThanOrEqual(COUNT / 20);
  });

  it("has a publish end in time when the server falls silent, and hears again on new connections", async () => {
    const topic = freshName();
    const { hostname, port } = new URL(url);
    const proxy = await createTcpProxy({ host: hostname, port: Number(port || 5432) });
    onTestFinished(() => proxy.close());
    const proxied = new URL(url);
    proxied.port = String(proxy.port);
    const silent = await open({ url: proxied.href, queryTimeoutMs: 1_000, closeTimeoutMs: 500 });
    const transport = await openTransport(silent, { publishTimeoutMs: 500 });
    const ledger = createLedger();
    await transport.subscribe({ ...base, topics: [topic], group: "g" }, async (delivery) => {
      ledger.note(delivery);
      return "done";
    });
    const [first, second] = numbered(2, 1);
    if (!first || !second) throw new Error("no events");
    await transport.publish(topic, [first]);
    await vi.waitFor(() => expect([...ledger.seen]).toEqual([0]), WAIT);
    proxy.freeze("open");
    const startedMs = Date.now();
    await failure(transport.publish(topic, [second]), "DEADLINE_EXCEEDED");
    expect(Date.now() - startedMs).toBeLessThan(10_000); // what it has by default
    await publishSurely(transport, topic, [second]);
    await vi.waitFor(() => expect([...ledger.seen]).toEqual([0, 1]), WAIT);
  });

  it("closes in time, and settles everything, while the server is silent", async () => {
    const topic = freshName();
    const { hostname, port } = new URL(url);
    const proxy = await createTcpProxy({ host: hostname, port: Number(port || 5432) });
    onTestFinished(() => proxy.close());
    const proxied = new URL(url);
    proxied.port = String(proxy.port);
    const transport = await postgres().connect({
      url: proxied.href,
      clientName: "test",
      topics: [],
      publishTimeoutMs: 500,
    });
    await transport.subscribe({ ...base, topics: [topic], group: "g" }, async () => "done");
    proxy.freeze("all");
    const publishing = Promise.allSettled(numbered(20, 3).map((each) => transport.publish(topic, [each])));
    expect((await publishing).map(({ status }) => status)).toEqual(Array(20).fill("rejected"));
    const startedMs = Date.now();
    await transport.close({ signal: AbortSignal.timeout(1_000) });
    expect(Date.now() - startedMs).toBeLessThan(25_000);
  });

  it("has each effect once though relays die between publishing and marking it sent", async () => {
    const [topic, COUNT] = [freshName(), 200];
    const database = await openEffects(url);
    await database.query("TRUNCATE parley_outbox, parley_outbox_holds");
    const transport = await openTransport(database);
    const inbox = createInboxStore(database);
    let redelivered = 0;
    await transport.subscribe({ ...base, topics: [topic], group: topic }, async ({ envelope }) => {
      await database.transaction(async (tx) => {
        if (await inbox.record(tx, topic, envelope.id)) {
          await tx.query("INSERT INTO effects (id, key) VALUES ($1, $2)", [String(numberOf(envelope)), envelope.key]);
        } else redelivered += 1;
      });
      return "done";
    });
    const outbox = createOutboxStore(database);
    for (const each of numbered(COUNT, 10)) await database.transaction((tx) => outbox.append(tx, topic, [each]));
    const random = createSeededRandom(11);
    let deaths = 0;
    // Not the lag: what a relay that died has leased is not due before its lease runs out.
    const left = async () => (await database.query("SELECT FROM parley_outbox LIMIT 1")).rowCount;
    await Promise.all(
      [1, 2, 3].map(async () => {
        while ((await left()) > 0) {
          const entries = await outbox.lease({ limit: 20, leaseMs: 200, signal });
          await transport.publish(
            topic,
            entries.map(({ envelope }) => envelope),
          );
          if (random.next() < 0.3 && deaths < 20 && entries.length > 0) deaths += 1;
          else await outbox.settle({ sent: entries, failed: [] });
        }
      }),
    );
    const read = "SELECT id, key FROM effects ORDER BY number";
    await vi.waitFor(async () => expect((await database.query(read)).rowCount).toBe(COUNT), WAIT);
    const { rows } = await database.query<{ id: string; key: string }>(read);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(COUNT);
    for (const [key, own] of Map.groupBy(rows, (row) => row.key)) {
      const numbers = own.map(({ id }) => Number(id));
      expect(numbers, key).toEqual(numbers.toSorted((a, b) => a - b));
    }
    await vi.waitFor(() => expect(redelivered).toBeGreaterThan(0), WAIT);
    expect(deaths).toBeGreaterThan(0);
  });

  it("drains a backlog without holding up what is new of other groups, and tells of the lag", {
    timeout: atScale(60_000, 900_000),
  }, async () => {
    const [old, fresh, COUNT] = [freshName(), freshName(), atScale(10_000, 1_000_000)];
    const database = await open({ url });
    const transport = await openTransport(database);
    const events = numbered(COUNT, 100);
    for (let at = 0; at < COUNT; at += 1_000) await transport.publish(old, events.slice(at, at + 1_000));
    const ledger = createLedger();
    const behind = await transport.subscribe({ ...base, topics: [old], group: "behind" }, async (delivery) => {
      ledger.note(delivery);
      return "done";
    });
    expect(await behind.lag()).toBeGreaterThan(COUNT / 2);
    const heard: number[] = [];
    await transport.subscribe({ ...base, topics: [fresh], group: "fresh" }, async ({ envelope }) => {
      heard.push(Date.now() - envelope.timeMs);
      return "done";
    });
    while (ledger.seen.size < COUNT) {
      await transport.publish(fresh, [event({ timeMs: Date.now() })]);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await vi.waitFor(async () => expect(await behind.lag()).toBe(0), WAIT);
    expect(ledger.violations()).toBe(0);
    expect(heard.toSorted((a, b) => a - b)[Math.floor(heard.length / 2)]).toBeLessThan(2_000);
  });
});
