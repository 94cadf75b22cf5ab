import { createSeededRandom } from "@parley/core/internal";
import { expect, test } from "vitest";
import { connectionBackoffMs } from "../../src/balancer/connection-backoff.ts";

const even = { next: () => 0.5 };

test("grows by 1.6 from 100 ms to 3 s", () => {
  expect([1, 2, 3].map((failures) => Math.round(connectionBackoffMs(failures, even)))).toEqual([100, 160, 256]);
  expect(connectionBackoffMs(1_000, even)).toBe(3_000);
});

test("a thousand clients that lost one server come back over at least 80 % of the jitter's width", () => {
  const random = createSeededRandom(7);
  const waits = Array.from({ length: 1_000 }, () => connectionBackoffMs(20, random));
  const [least, most] = [Math.min(...waits), Math.max(...waits)];
  expect(least).toBeGreaterThanOrEqual(2_400);
  expect(most).toBeLessThanOrEqual(3_600);
  expect(most - least).toBeGreaterThanOrEqual(0.8 * 1_200);
  const buckets = new Map<number, number>();
  for (const wait of waits) {
    const bucket = Math.floor(wait / 60);
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
  }
  const busiest = Math.max(...buckets.values());
  expect(busiest).toBeLessThan(100);
});
