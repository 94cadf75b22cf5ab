import { describe, expect, it } from "vitest";
import type { Delivery, Outcome } from "../../event-transport.ts";
import { createGate, createRecorder, idsOf, type Suite, withScene } from "./suite.ts";

/** Timers and clocks of two processes may differ by this much. */
const TIMER_SLACK_MS = 25;

export function describeRedelivery(suite: Suite): void {
  describe("redelivery", () => {
    it("comes after a handler that rejects", () =>
      withScene(suite, async (scene) => {
        let failures = 0;
        const { handler, deliveries } = createRecorder(async () => {
          failures += 1;
          if (failures === 1) throw new Error("the handler failed");
          return "done";
        });
        const consumer = await scene.subscribe({ handler });
        const event = scene.event();
        await scene.publish(event);
        await scene.eventually(() => expect(deliveries).toHaveLength(2));
        expect(deliveries.map(({ envelope }) => envelope.id)).toEqual([event.id, event.id]);
        await scene.eventually(async () => expect(await consumer.lag()).toBe(0));
      }));

    it("comes after the time that the handler asked for, again and again", () =>
      withScene(suite, async (scene) => {
        const times: number[] = [];
        const { handler } = createRecorder(async (): Promise<Outcome> => {
          times.push(performance.now());
          return times.length < 4 ? { retryAfterMs: 300 } : "done";
        });
        await scene.subscribe({ handler });
        await scene.publish(scene.event());
        await scene.eventually(() => expect(times).toHaveLength(4));
        for (const [index, time] of times.slice(1).entries()) {
          expect(time - (times[index] ?? 0)).toBeGreaterThanOrEqual(300 - TIMER_SLACK_MS);
        }
      }));

    it("counts its attempts as far as the broker can, and stays the same event", () =>
      withScene(suite, async (scene) => {
        const { handler, deliveries } = createRecorder(async () =>
          deliveries.length < 3 ? { retryAfterMs: 10 } : "done",
        );
        await scene.subscribe({ handler });
        const event = scene.event({ key: "k" });
        await scene.publish(event);
        await scene.eventually(() => expect(deliveries).toHaveLength(3));
        expect(new Set(deliveries.map(({ envelope }) => envelope.id))).toEqual(new Set([event.id]));
        for (const [index, { attempt }] of deliveries.entries()) {
          expect(attempt).toBeGreaterThanOrEqual(1);
          expect(attempt).toBeLessThanOrEqual(index + 1);
        }
      }));

    it("holds up no other key for long", () =>
      withScene(suite, async (scene) => {
        let failing = true;
        const { handler, ids } = createRecorder(async ({ envelope }) =>
          envelope.key === "poison" && failing ? { retryAfterMs: 200 } : "done",
        );
        const ordering = scene.transport.capabilities.ordering === "none" ? "none" : "key";
        await scene.subscribe({ handler, ordering });
        const poison = scene.event({ key: "poison" });
        const others = Array.from({ length: 40 }, (_, index) => scene.event({ key: `k${index}` }));
        await scene.publish(poison, ...others);
        await scene.eventually(() => expect(ids()).toContain(poison.id));
        await scene.eventually(() => expect(others.filter(({ id }) => ids().includes(id)).length).toBeGreaterThan(0));
        failing = false;
        await scene.eventually(() => expect(new Set(ids())).toEqual(new Set(idsOf([poison, ...others]))));
      }));

    it("goes to another consumer when the first is closed by force", () =>
      withScene(suite, async (scene) => {
        const gate = createGate();
        const signals: AbortSignal[] = [];
        const stuck = createRecorder(async ({ signal }: Delivery) => {
          signals.push(signal);
          await gate.pass();
          return "done";
        });
        const first = await scene.subscribe({ handler: stuck.handler, transport: await scene.connect() });
        const event = scene.event();
        await scene.publish(event);
        await scene.eventually(() => expect(stuck.deliveries).toHaveLength(1));
        await first.close({ signal: AbortSignal.abort() });
        expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
        const { handler, ids } = createRecorder();
        const second = await scene.subscribe({ handler });
        await scene.eventually(() => expect(ids()).toEqual([event.id]));
        // What the first says now is of no account.
        gate.open();
        await scene.eventually(async () => expect(await second.lag()).toBe(0));
      }));

    it("does not come for what was acknowledged, also after all consumers were gone", () =>
      withScene(suite, async (scene) => {
        const first = createRecorder(async ({ envelope }) => (envelope.key === "no" ? { retryAfterMs: 50 } : "done"));
        const transport = await scene.connect();
        const consumer = await scene.subscribe({ handler: first.handler, transport });
        const done = Array.from({ length: 20 }, (_, index) => scene.event({ key: `k${index}` }));
        const undone = scene.event({ key: "no" });
        await scene.publish(...done, undone);
        await scene.eventually(() => expect(new Set(first.ids())).toEqual(new Set(idsOf([...done, undone]))));
        await scene.eventually(async () => expect(await consumer.lag()).toBeLessThanOrEqual(1));
        await transport.close();
        const second = createRecorder();
        const again = await scene.subscribe(second);
        await scene.eventually(() => expect(second.ids()).toContain(undone.id));
        await scene.eventually(async () => expect(await again.lag()).toBe(0));
        expect(new Set(second.ids())).toEqual(new Set([undone.id]));
      }));
  });
}
