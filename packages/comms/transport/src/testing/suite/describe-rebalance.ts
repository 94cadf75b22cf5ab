import { createSeededRandom } from "@parley/core/internal";
import { describe, expect, it } from "vitest";
import { createOrderLedger, numbered } from "./order-ledger.ts";
import { type Suite, withScene } from "./suite.ts";

const KEYS = 16;
const BATCHES = 60;
const LEAVES = 6;
/** At least so many events are done between one leave and the next. */
const BETWEEN_LEAVES = 40;
const SEED = 11;

/** Members come and go while events are published: each leaves by turns in order and by force, and another takes its place. */
export function describeRebalance(suite: Suite): void {
  describe("members of a group that come and go", () => {
    it("keep the order of keys and lose nothing", ({ skip }) =>
      withScene(suite, async (scene) => {
        if (scene.transport.capabilities.ordering === "none") skip("the transport keeps no order");
        const random = createSeededRandom(SEED);
        const ledger = createOrderLedger();
        const handler = ledger.handler(async () => {
          await new Promise((resolve) => setTimeout(resolve, random.next() * 8));
          return random.next() < 0.03 ? { retryAfterMs: 20 } : "done";
        });
        const join = async () => {
          const transport = await scene.connect();
          const options = { ordering: "key", concurrency: 8, acknowledgeWithinMs: 10_000, handler, transport } as const;
          return scene.subscribe(options);
        };
        const members = [await join(), await join()];
        const total = KEYS * BATCHES;
        const events = numbered(
          Array.from({ length: total }, (_, index) => scene.event({ key: `key-${index % KEYS}` })),
        );
        const publishing = (async () => {
          for (let batch = 0; batch < BATCHES; batch += 1) {
            await scene.publish(...events.slice(batch * KEYS, (batch + 1) * KEYS));
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        })();
        const leaving: Promise<void>[] = [];
        for (let leave = 0; leave < LEAVES; leave += 1) {
          const goal = Math.min(ledger.done + BETWEEN_LEAVES, total);
          await scene.eventually(() => expect(ledger.done).toBeGreaterThanOrEqual(goal));
          members.push(await join());
          const options = leave % 2 === 0 ? {} : { signal: AbortSignal.abort() };
          leaving.push(members.shift()?.close(options) ?? Promise.resolve());
        }
        await Promise.all([publishing, ...leaving]);
        await scene.eventually(() => expect(ledger.done).toBe(total));
        expect(ledger.violations).toEqual([]);
      }));
  });
}
