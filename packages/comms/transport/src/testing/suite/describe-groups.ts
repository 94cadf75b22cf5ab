import { describe, expect, it } from "vitest";
import { createGate, createRecorder, idsOf, type Suite, withScene } from "./suite.ts";

export function describeGroups(suite: Suite): void {
  describe("groups", () => {
    it("each get all events", () =>
      withScene(suite, async (scene) => {
        const recorders = [createRecorder(), createRecorder(), createRecorder()];
        for (const [index, { handler }] of recorders.entries()) {
          await scene.subscribe({ handler, group: `${scene.group}-${index}` });
        }
        const events = Array.from({ length: 20 }, () => scene.event());
        await scene.publish(...events);
        for (const { ids } of recorders) {
          await scene.eventually(() => expect(ids().sort()).toEqual(idsOf(events).sort()));
        }
      }));

    it("share their events among their consumers", () =>
      withScene(suite, async (scene) => {
        const gate = createGate();
        const recorders = [createRecorder(waitAt(gate)), createRecorder(waitAt(gate))];
        for (const [index, { handler }] of recorders.entries()) {
          await scene.subscribe({
            handler,
            concurrency: 2,
            transport: index === 0 ? scene.transport : await scene.connect(),
          });
        }
        const events: ReturnType<typeof scene.event>[] = [];
        // More of them until both have some: a broker may still be telling the first that there is a second.
        await scene.eventually(async () => {
          const more = Array.from({ length: 16 }, (_, index) => scene.event({ key: `k${index}` }));
          events.push(...more);
          await scene.publish(...more);
          for (const { deliveries } of recorders) expect(deliveries.length).toBeGreaterThan(0);
        });
        gate.open();
        const all = (): string[] => recorders.flatMap(({ ids }) => ids());
        await scene.eventually(() => expect(new Set(all())).toEqual(new Set(idsOf(events))));
      }));

    it("have members that ask for different topics, as two releases of a service do", () =>
      withScene(suite, async (scene) => {
        const other = `${scene.topic}.other`;
        const [first, second] = [createRecorder(), createRecorder()];
        await scene.subscribe({ handler: first.handler, transport: await scene.connect() });
        await scene.subscribe({ handler: second.handler, topics: [other] });
        const events = Array.from({ length: 20 }, (_, index) => scene.event({ key: `k${index}` }));
        const others = Array.from({ length: 20 }, (_, index) => scene.event({ key: `k${index}`, type: other }));
        await scene.transport.publish(scene.topic, events);
        await scene.transport.publish(other, others);
        await scene.eventually(() => {
          expect(first.ids().sort()).toEqual(idsOf(events).sort());
          expect(second.ids().sort()).toEqual(idsOf(others).sort());
        });
      }));

    it("run no more handlers at once than the consumer asked for", () =>
      withScene(suite, async (scene) => {
        let running = 0;
        let most = 0;
        const { handler, deliveries } = createRecorder(async () => {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setTimeout(resolve, 2));
          running -= 1;
          return "done";
        });
        await scene.subscribe({ handler, concurrency: 3 });
        await scene.publish(...Array.from({ length: 60 }, (_, index) => scene.event({ key: `k${index}` })));
        await scene.eventually(() => expect(deliveries.length).toBeGreaterThanOrEqual(60));
        expect(most).toBeLessThanOrEqual(3);
      }));

    it("count what waits or is with a handler as their lag", () =>
      withScene(suite, async (scene) => {
        const gate = createGate();
        const { handler, deliveries } = createRecorder(waitAt(gate));
        const consumer = await scene.subscribe({ handler, concurrency: 1 });
        await scene.publish(...Array.from({ length: 5 }, () => scene.event({ key: "k" })));
        await scene.eventually(() => expect(deliveries).toHaveLength(1));
        await scene.eventually(async () => expect(await consumer.lag()).toBe(5));
        gate.open();
        await scene.eventually(async () => expect(await consumer.lag()).toBe(0));
      }));

    it("that have no name live as long as their consumer, and get what is published meanwhile", () =>
      withScene(suite, async (scene) => {
        const recorders = [createRecorder(), createRecorder()];
        const consumers = [];
        await scene.publish(scene.event());
        for (const { handler } of recorders) consumers.push(await scene.subscribe({ handler, group: null }));
        const event = scene.event();
        await scene.publish(event);
        for (const { ids } of recorders) await scene.eventually(() => expect(ids()).toEqual([event.id]));
        await consumers[0]?.close();
        const second = scene.event();
        await scene.publish(second);
        await scene.eventually(() => expect(recorders[1]?.ids()).toEqual([event.id, second.id]));
        expect(recorders[0]?.ids()).toEqual([event.id]);
      }));
  });
}

const waitAt =
  (gate: ReturnType<typeof createGate>) =>
  async ({ signal }: { readonly signal: AbortSignal }): Promise<"done"> => {
    await gate.pass(signal);
    return "done";
  };
