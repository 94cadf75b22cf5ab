import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEmbedded } from "@parley/postgres";
import { createPostgresTransport } from "@parley/postgres/transport";
import type { Envelope, EventTransport } from "@parley/transport";
import { afterAll, describe, expect, it, vi } from "vitest";
import { event, numberOf } from "../support/envelopes.ts";

const dataDir = await mkdtemp(join(tmpdir(), "parley-embedded-transport-"));
afterAll(() => rm(dataDir, { recursive: true, force: true }));

const TOPIC = "tests.happened";
const WAIT = { timeout: 15_000 };
const base = {
  topics: [TOPIC],
  from: "earliest",
  concurrency: 4,
  ordering: "key",
  acknowledgeWithinMs: 30_000,
} as const;

async function open(): Promise<{ transport: EventTransport; close(): Promise<void> }> {
  const host = await createEmbedded({ dataDir });
  const transport = await createPostgresTransport({ database: await host.database("events") });
  return {
    transport,
    async close() {
      await transport.close();
      await host.close();
    },
  };
}

describe("the embedded transport", { timeout: 30_000 }, () => {
  it("goes on after a restart where each group was", async () => {
    const heard: number[] = [];
    const handler = async ({ envelope }: { readonly envelope: Envelope }) => {
      heard.push(numberOf(envelope));
      return "done" as const;
    };
    for (const round of [0, 1, 2]) {
      const { transport, close } = await open();
      await transport.publish(TOPIC, [event({ n: 2 * round, key: "k" })]);
      const consumer = await transport.subscribe({ ...base, group: "g" }, handler);
      await vi.waitFor(() => expect(heard).toHaveLength(2 * round + 1), WAIT);
      await consumer.close();
      await transport.publish(TOPIC, [event({ n: 2 * round + 1, key: "k" })]);
      const again = await transport.subscribe({ ...base, group: "g" }, handler);
      await vi.waitFor(() => expect(heard).toHaveLength(2 * round + 2), WAIT);
      expect(await again.lag()).toBe(0);
      await close();
    }
    expect(heard).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("serves several services of one process side by side", async () => {
    const host = await createEmbedded({ dataDir: "memory:" });
    const transports = await Promise.all(
      [1, 2, 3].map(async () => createPostgresTransport({ database: await host.database("events") })),
    );
    const heard = transports.map(() => new Set<string>());
    for (const [index, transport] of transports.entries()) {
      await transport.subscribe({ ...base, group: `g${index}` }, async ({ envelope }) => {
        heard[index]?.add(envelope.id);
        return "done";
      });
    }
    const published = await Promise.all(
      transports.flatMap((transport) =>
        Array.from({ length: 50 }, async () => {
          const one = event({ key: "k" });
          await transport.publish(TOPIC, [one]);
          return one.id;
        }),
      ),
    );
    for (const ids of heard) await vi.waitFor(() => expect([...ids].toSorted()).toEqual(published.toSorted()), WAIT);
    await Promise.all(transports.map((transport) => transport.close()));
    await host.close();
  });
});
