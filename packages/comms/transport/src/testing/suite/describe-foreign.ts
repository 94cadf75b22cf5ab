import { describe, expect, it } from "vitest";
import { createRecorder, encode, type Suite, withScene } from "./suite.ts";

export function describeForeign(suite: Suite): void {
  describe("plain clients of the broker", () => {
    it("are heard: a bare body becomes an event of its topic, the same at each delivery", () =>
      withScene(suite, async (scene) => {
        const { handler, deliveries } = createRecorder(async () =>
          deliveries.length === 1 ? { retryAfterMs: 10 } : "done",
        );
        await scene.subscribe({ handler });
        const before = Date.now() - 60_000;
        await suite.harness.foreign.publish(scene.topic, '{"assignment_id":7}');
        await scene.eventually(() => expect(deliveries).toHaveLength(2));
        const [first, second] = deliveries.map(({ envelope }) => envelope);
        expect(first).toMatchObject({ type: scene.topic, contentType: "application/json" });
        expect(first?.source).toBe(`foreign:${scene.transport.name}`);
        expect(first?.id).toMatch(/./);
        expect(first?.timeMs).toBeGreaterThan(before);
        expect(new TextDecoder().decode(first?.data)).toBe('{"assignment_id":7}');
        expect(second?.id).toBe(first?.id);
      }));

    it("are heard apart: two bodies have two ids", () =>
      withScene(suite, async (scene) => {
        const { handler, ids } = createRecorder();
        await scene.subscribe({ handler });
        await suite.harness.foreign.publish(scene.topic, "{}");
        await suite.harness.foreign.publish(scene.topic, "{}");
        await scene.eventually(() => expect(new Set(ids()).size).toBe(2));
      }));

    it("may publish garbage: it is delivered as it is, and stops nothing", () =>
      withScene(suite, async (scene) => {
        const { handler, deliveries } = createRecorder();
        await scene.subscribe({ handler });
        const garbage = ["{", "not json \u0000 \u001f", "\u{1f642}"];
        for (const body of garbage) await suite.harness.foreign.publish(scene.topic, body);
        const event = scene.event();
        await scene.publish(event);
        await scene.eventually(() => expect(deliveries).toHaveLength(4));
        const bodies = deliveries.map(({ envelope }) => new TextDecoder().decode(envelope.data));
        expect(bodies).toEqual(expect.arrayContaining(garbage));
      }));

    it("read our events as plain JSON", () =>
      withScene(suite, async (scene) => {
        const { ready, bodies } = suite.harness.foreign.read(scene.topic, 2);
        await ready;
        await scene.publish(scene.event({ data: encode({ assignment_id: 7 }) }));
        await scene.publish(scene.event({ data: encode({ assignment_id: 8 }) }));
        expect(
          (await bodies).map((body) => JSON.parse(body)).sort((a, b) => a.assignment_id - b.assignment_id),
        ).toEqual([{ assignment_id: 7 }, { assignment_id: 8 }]);
      }));
  });
}
