import { createSeededRandom } from "@parley/core/internal";
import type { Consumer, Delivery, EventTransport } from "@parley/transport";
import { describe, expect, it, vi } from "vitest";
import { realPostgres } from "../../src/testing/real-postgres.ts";
import { freshName } from "../../src/testing/with-database.ts";
import { startConsumer } from "../support/consumer-process.ts";
import { event } from "../support/envelopes.ts";
import { base, createLedger, numbered, open, openEffects, openTransport, WAIT } from "../support/scene.ts";

const server = await realPostgres();
const url = server?.newDatabase() ?? "";

describe.runIf(server)("the consumers of a group", { timeout: 60_000 }, () => {
  it("gives what a killed consumer had to its peer, within the time to acknowledge", async () => {
    const [topic, group] = [freshName(), freshName()];
    const database = await openEffects(url);
    const transport = await openTransport(database);
    const events = numbered(200, 20);
    const killed = await startConsumer(url, topic, group, "3000", "5");
    const peer = await startConsumer(url, topic, group, "3000", "5");
    await transport.publish(topic, events);
    await vi.waitFor(() => expect(killed.lines.length).toBeGreaterThan(20), WAIT);
    killed.signal("SIGKILL");
    await vi.waitFor(async () => {
      expect((await database.query("SELECT DISTINCT id FROM effects")).rowCount).toBe(200);
    }, WAIT);
    expect((await database.query("SELECT 1 FROM effects")).rowCount).toBe(200);
    expect(peer.lines.length).toBeGreaterThan(0);
  });

  it("refuses what a consumer says that was stopped until another had its events", async () => {
    const [topic, group] = [freshName(), freshName()];
    const database = await openEffects(url);
    const transport = await openTransport(database);
    const zombie = await startConsumer(url, topic, group, "2000", "400");
    await transport.publish(topic, numbered(40, 8));
    await vi.waitFor(() => expect(zombie.lines.some((line) => line.startsWith("began"))).toBe(true), WAIT);
    zombie.signal("SIGSTOP");
    const peer = await startConsumer(url, topic, group, "2000", "10");
    const effects = async () => (await database.query("SELECT id FROM effects")).rowCount;
    await vi.waitFor(async () => expect(await effects()).toBe(40), WAIT);
    const owners = "SELECT owner, generation, position FROM parley_event_cursors WHERE group_name = $1 ORDER BY part";
    const before = (await database.query(owners, [group])).rows;
    zombie.signal("SIGCONT");
    // It ends the handlers that it had begun, and acknowledges in vain; then it becomes a member again.
    const members = "SELECT 1 FROM parley_event_members WHERE group_name = $1 AND seen_until > now()";
    await vi.waitFor(async () => expect((await database.query(members, [group])).rowCount).toBe(2), WAIT);
    await vi.waitFor(() => expect(zombie.lines.some((line) => line.startsWith("ended"))).toBe(true), WAIT);
    expect(await effects()).toBe(40);
    const after = (await database.query<{ position: bigint }>(owners, [group])).rows;
    after.forEach(({ position }, index) => {
      expect(position).toBeGreaterThanOrEqual((before[index] as { position: bigint }).position);
    });
    const moved = freshName();
    await transport.publish(topic, [event({ id: moved })]);
    await vi.waitFor(async () => expect(await effects()).toBe(41), WAIT);
    expect(peer.lines.length).toBeGreaterThan(0);
  });

  it("gives an event again whose handler took too long, and does not count what that one says", async () => {
    const topic = freshName();
    const transport = await openTransport(await open({ url }));
    const attempts: { readonly attempt: number; readonly signal: AbortSignal }[] = [];
    const late = Promise.withResolvers<"done">();
    const consumer = await transport.subscribe(
      { ...base, topics: [topic], group: "g", acknowledgeWithinMs: 300 },
      ({ attempt, signal: own }) => {
        attempts.push({ attempt, signal: own });
        return attempt === 1 ? late.promise : Promise.resolve("done");
      },
    );
    await transport.publish(topic, numbered(1, 1));
    await vi.waitFor(() => expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2]), WAIT);
    expect(attempts.map(({ signal: own }) => own.aborted)).toEqual([true, false]);
    await vi.waitFor(async () => expect(await consumer.lag()).toBe(0), WAIT);
    late.resolve("done");
  });

  it("keeps going, in order, while members come and go", async () => {
    const [topic, COUNT] = [freshName(), 1_500];
    const database = await open({ url, maxConnections: 20 });
    const [publisher, other] = [await openTransport(database), await openTransport(database)];
    const ledger = createLedger();
    const handler = async (delivery: Delivery) => {
      await new Promise((resolve) => setImmediate(resolve));
      ledger.note(delivery);
      return "done" as const;
    };
    const subscribe = (transport: EventTransport): Promise<Consumer> =>
      transport.subscribe({ ...base, topics: [topic], group: "g" }, handler);
    await subscribe(publisher);
    const events = numbered(COUNT, 30);
    const random = createSeededRandom(7);
    const publishing = (async () => {
      for (let at = 0; at < COUNT; at += 10) {
        await publisher.publish(topic, events.slice(at, at + 10));
        await new Promise((resolve) => setTimeout(resolve, 8));
      }
    })();
    const members: Consumer[] = [];
    let changes = 0;
    while (ledger.seen.size < COUNT && changes < 200) {
      const leaving = random.next() < 0.5 ? members.shift() : undefined;
      if (leaving) await leaving.close();
      else if (members.length < 5) members.push(await subscribe(other));
      changes += 1;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await publishing;
    await vi.waitFor(() => expect(ledger.seen.size).toBe(COUNT), WAIT);
    expect({ violations: ledger.violations(), redelivered: ledger.redelivered() }).toEqual({
      violations: 0,
      redelivered: 0,
    });
    expect(changes).toBeGreaterThan(10);
  });
});
