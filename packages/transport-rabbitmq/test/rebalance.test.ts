import { createSeededRandom } from "@parley/core";
import type { Delivery, Envelope, EventTransport, Outcome } from "@parley/events";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { connect } from "../src/index.ts";
import { canStartBroker, type OwnBroker, startOwnBroker } from "./own-broker.ts";

const KEYS = 30;
const BATCHES = 120;
const LEAVES = 12;
const SEED = 11;

describe.skipIf(!canStartBroker())("members of a group that come and go", { timeout: 60_000 }, () => {
  let broker: OwnBroker;
  beforeAll(async () => {
    broker = await startOwnBroker();
  }, 100_000);
  afterAll(() => broker?.remove(), 60_000);

  it("keep the order of keys and lose nothing, whether they take leave or are closed by force", async () => {
    const random = createSeededRandom(SEED);
    const opened: EventTransport[] = [];
    const open = async (): Promise<EventTransport> => {
      const transport = await connect({ url: broker.url, clientName: "rebalance", topics: [], newQueueRestMs: 0 });
      opened.push(transport);
      return transport;
    };
    const seen = new Set<string>();
    const violations: string[] = [];
    const nextOf = new Map<string, number>();
    const running = new Map<string, Delivery>();
    const handler = async (delivery: Delivery): Promise<Outcome> => {
      const { key = "", id, extensions } = delivery.envelope;
      const number = Number(extensions.number);
      const next = nextOf.get(key) ?? 0;
      if (number > next) violations.push(`${key}: ${number} before ${next} was done`);
      if (running.get(key)?.signal.aborted === false) violations.push(`${key}: ${number} beside another`);
      running.set(key, delivery);
      await new Promise((resolve) => setTimeout(resolve, random.next() * 8));
      if (running.get(key) === delivery) running.delete(key);
      if (random.next() < 0.03) return { retryAfterMs: 20 };
      if (!delivery.signal.aborted) {
        if (number === next) nextOf.set(key, next + 1);
        seen.add(id);
      }
      return "done";
    };
    const join = async (): Promise<EventTransport> => {
      const transport = await open();
      const asked = { topics: ["rebalance"], group: "group", from: "latest", ordering: "key" } as const;
      await transport.subscribe({ ...asked, concurrency: 8, acknowledgeWithinMs: 10_000 }, handler);
      return transport;
    };

    try {
      const publisher = await open();
      const members = [await join(), await join()];
      const publishing = (async () => {
        for (let number = 0; number < BATCHES; number += 1) {
          await publisher.publish("rebalance", batchOf(number));
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      })();
      const leaving: Promise<void>[] = [];
      for (let leave = 0; leave < LEAVES; leave += 1) {
        const before = seen.size;
        await vi.waitFor(() => expect(seen.size).toBeGreaterThanOrEqual(Math.min(before + 50, BATCHES * KEYS)), {
          timeout: 20_000,
        });
        members.push(await join());
        // The first one is who reads.
        const options = leave % 2 === 0 ? {} : { signal: AbortSignal.abort() };
        leaving.push(members.shift()?.close(options) ?? Promise.resolve());
      }
      await Promise.all([publishing, ...leaving]);
      await vi.waitFor(() => expect(seen.size).toBe(BATCHES * KEYS), { timeout: 20_000 });
      expect(violations).toEqual([]);
    } finally {
      await Promise.all(opened.map((transport) => transport.close({ signal: AbortSignal.abort() })));
    }
  });
});

/** The event of this number of every key. */
function batchOf(number: number): Envelope[] {
  return Array.from({ length: KEYS }, (_, index) => ({
    id: `k${index}-${number}`,
    source: "/rebalance",
    type: "rebalance",
    timeMs: 0,
    contentType: "application/json",
    key: `k${index}`,
    extensions: { number: String(number) },
    data: Buffer.from("{}"),
  }));
}
