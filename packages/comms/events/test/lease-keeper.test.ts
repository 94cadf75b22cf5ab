import { createManualClock } from "@parley/core";
import { expect, it, vi } from "vitest";
import { createMemoryWork } from "../src/testing/memory/create-memory-work.ts";
import { keepLeases } from "../src/work/lease-keeper.ts";

const LEASE_MS = 3_000;

it("renews the leases of jobs that were given together, but none that was released or stopped by force", async () => {
  const clock = createManualClock();
  const asked: string[] = [];
  const work = {
    ...createMemoryWork({ clock }),
    renew: async (_queue: string, { id }: { readonly id: string }) => {
      asked.push(id);
      return true;
    },
  };
  const jobs = ["works", "is done", "is stopped"].map((id) => ({
    id,
    data: new Uint8Array(),
    priority: 0,
    uniqueKey: undefined,
    attributes: {},
    attempt: 1,
    lease: id,
  }));
  const leases = keepLeases({ queue: "q", work, clock, leaseMs: LEASE_MS }, jobs);
  leases[1]?.release();
  leases[2]?.lost.abort(new Error("the worker was stopped"));
  clock.advance(LEASE_MS / 3);
  await vi.waitFor(() => expect(clock.pending()).toBe(1));
  clock.advance(LEASE_MS / 3);
  await vi.waitFor(() => expect(asked).toEqual(["works", "works"]));
  await vi.waitFor(() => expect(clock.pending()).toBe(1));
  for (const lease of leases) lease.release();
  expect(clock.pending()).toBe(0);
});
