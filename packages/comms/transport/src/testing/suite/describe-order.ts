import { createSeededRandom } from "@parley/core/internal";
import { describe, expect, it } from "vitest";
import type { Envelope } from "../../envelope/envelope.ts";
import type { Delivery, Outcome } from "../../event-transport.ts";
import { createOrderLedger, numbered, type OrderLedger } from "./order-ledger.ts";
import { type Scene, type Suite, withScene } from "./suite.ts";

const KEYS = 8;
const PER_KEY = 25;
const SEED = 7;

export function describeOrder(suite: Suite): void {
  describe("order per key", () => {
    const inScene = (name: string, test: (scene: Scene) => Promise<void>): void =>
      it(name, ({ skip }) =>
        withScene(suite, async (scene) => {
          if (scene.transport.capabilities.ordering === "none") skip("the transport keeps no order");
          await test(scene);
        }),
      );

    inScene("holds with many handlers at once", async (scene) => {
      const ledger = createOrderLedger();
      await scene.subscribe({ ordering: "key", concurrency: KEYS, handler: ledger.handler(unevenly()) });
      await scene.publish(...keyed(scene));
      await allDone(scene, ledger);
    });

    inScene("holds when handlers fail, by outcome and by rejection", async (scene) => {
      const ledger = createOrderLedger();
      const random = createSeededRandom(SEED);
      let rejections = 0;
      const handler = ledger.handler(async () => {
        if (random.next() < 0.1) return { retryAfterMs: 10 };
        if (random.next() < 0.02 && rejections++ < 2) throw new Error("the handler failed");
        return "done";
      });
      await scene.subscribe({ ordering: "key", concurrency: KEYS, handler });
      await scene.publish(...keyed(scene));
      await allDone(scene, ledger);
    });

    inScene("holds when consumers come and go, with and without taking leave", async (scene) => {
      const ledger = createOrderLedger();
      const handler = ledger.handler(unevenly());
      const events = keyed(scene);
      const join = async () =>
        scene.subscribe({ ordering: "key", concurrency: 3, handler, transport: await scene.connect() });
      const first = await join();
      const halves = [events.slice(0, events.length / 2), events.slice(events.length / 2)];
      await scene.publish(...(halves[0] ?? []));
      const second = await join();
      await scene.eventually(() => expect(ledger.done).toBeGreaterThan(10));
      await first.close({ signal: AbortSignal.abort() });
      await scene.publish(...(halves[1] ?? []));
      await join();
      await scene.eventually(() => expect(ledger.done).toBeGreaterThan(events.length / 2));
      await second.close();
      await allDone(scene, ledger);
    });
  });

  describe("order of a topic", () => {
    it("holds with two consumers and failures", ({ skip }) =>
      withScene(
        suite,
        async (scene) => {
          if (scene.transport.capabilities.ordering !== "topic") skip("the transport keeps no order of a whole topic");
          const ledger = createOrderLedger(() => "topic");
          const random = createSeededRandom(SEED);
          const handler = ledger.handler(async () => (random.next() < 0.05 ? { retryAfterMs: 5 } : "done"));
          await scene.subscribe({ ordering: "topic", handler });
          await scene.subscribe({ ordering: "topic", handler, transport: await scene.connect() });
          const events = keyed(scene).map((event, number) => ({ ...event, extensions: { number: String(number) } }));
          await scene.publish(...events);
          await allDone(scene, ledger);
        },
        { ordering: "topic" },
      ));
  });
}

/** Events of all keys, in turn. */
function keyed(scene: Scene): Envelope[] {
  return numbered(Array.from({ length: KEYS * PER_KEY }, (_, index) => scene.event({ key: `key-${index % KEYS}` })));
}

/** Handlers of uneven length: without order, later events overtake earlier ones. */
function unevenly(): (delivery: Delivery) => Promise<Outcome> {
  const random = createSeededRandom(SEED);
  return async ({ signal }) => {
    await new Promise((resolve) => setTimeout(resolve, random.next() * 10));
    return signal.aborted ? { retryAfterMs: 0 } : "done";
  };
}

async function allDone(scene: Scene, ledger: OrderLedger): Promise<void> {
  await scene.eventually(() => {
    expect(ledger.violations).toEqual([]);
    expect(ledger.done).toBe(KEYS * PER_KEY);
  });
  expect(ledger.violations).toEqual([]);
}
