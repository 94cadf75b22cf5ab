import { describe, expect, it } from "vitest";
import { createRecorder, failureOf, idsOf, type Suite, withScene } from "./suite.ts";

export function describePublish(suite: Suite): void {
  describe("publish and subscribe", () => {
    it("delivers an event as it was published, attribute by attribute", () =>
      withScene(suite, async (scene) => {
        const { deliveries, handler } = createRecorder();
        await scene.subscribe({ handler });
        const event = scene.event({
          subject: "courses/7",
          key: 'Zoë 100% "quoted" 課題',
          schema: "proto:suite.v1.Happened",
          extensions: {
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            tracestate: "vendor=1",
            correlationid: "c-1",
            tenant: "Größe",
            unknown1: "carried on",
          },
        });
        await scene.publish(event);
        await scene.eventually(() => expect(deliveries).toHaveLength(1));
        const [delivery] = deliveries;
        expect(delivery).toMatchObject({ topic: scene.topic, attempt: 1 });
        expect({ ...delivery?.envelope, data: undefined }).toEqual({ ...event, data: undefined });
        expect([...(delivery?.envelope.data ?? [])]).toEqual([...event.data]);
        if (scene.transport.capabilities.replay) expect(delivery?.position).toBeDefined();
      }));

    it("delivers each of a batch, and of several topics to one consumer", () =>
      withScene(suite, async (scene) => {
        const { deliveries, handler } = createRecorder();
        const other = `${scene.topic}.other`;
        await scene.subscribe({ handler, topics: [scene.topic, other] });
        const batch = Array.from({ length: 50 }, (_, index) => scene.event({ key: `k${index % 7}` }));
        const elsewhere = [scene.event({ type: other }), scene.event({ type: other })];
        await scene.transport.publish(scene.topic, batch);
        await scene.transport.publish(other, elsewhere);
        await scene.eventually(() => expect(deliveries).toHaveLength(52));
        const of = (topic: string) =>
          deliveries.filter((delivery) => delivery.topic === topic).map(({ envelope }) => envelope.id);
        expect(of(scene.topic).sort()).toEqual(idsOf(batch).sort());
        expect(of(other).sort()).toEqual(idsOf(elsewhere).sort());
      }));

    it("delivers topics by their exact names", () =>
      withScene(suite, async (scene) => {
        const { handler, ids } = createRecorder();
        await scene.subscribe({ handler });
        const marker = scene.event();
        await scene.transport.publish(`${scene.topic}.other`, [scene.event({ type: `${scene.topic}.other` })]);
        await scene.publish(marker);
        await scene.eventually(() => expect(ids()).toContain(marker.id));
        expect(ids()).toEqual([marker.id]);
      }));

    it("publishes where nobody listens, and nothing at all", () =>
      withScene(suite, async (scene) => {
        await scene.publish(scene.event());
        await scene.publish();
      }));

    it("positions grow within a log", ({ skip }) =>
      withScene(suite, async (scene) => {
        if (!scene.transport.capabilities.replay) skip("the transport cannot replay");
        const { deliveries, handler } = createRecorder();
        await scene.subscribe({ handler, concurrency: 1, ordering: scene.transport.capabilities.ordering });
        await scene.publish(...Array.from({ length: 10 }, () => scene.event({ key: "k" })));
        await scene.eventually(() => expect(deliveries).toHaveLength(10));
        const positions = deliveries.map(({ position }) => position);
        expect(new Set(positions.map((position) => position?.log)).size).toBe(1);
        const offsets = positions.map((position) => position?.offset ?? 0n);
        expect(offsets).toEqual([...offsets].sort((a, b) => (a < b ? -1 : 1)));
        expect(new Set(offsets).size).toBe(10);
      }));

    it("does not publish once the signal has aborted", () =>
      withScene(suite, async (scene) => {
        const { handler, ids } = createRecorder();
        await scene.subscribe({ handler });
        await scene.publish(scene.event({ id: "before" })); // from here on the transport is connected and in no hurry
        const work = scene.transport.publish(scene.topic, [scene.event()], { signal: AbortSignal.abort() });
        expect((await failureOf(work)).code).toMatch(/^(DEADLINE_EXCEEDED|CANCELLED)$/);
        await scene.publish(scene.event({ id: "after" }));
        await scene.eventually(() => expect(ids()).toContain("after"));
        expect(ids().sort()).toEqual(["after", "before"]);
      }));
  });
}
