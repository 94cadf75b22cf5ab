import { describe, expect, it } from "vitest";
import { createRecorder, idsOf, type Suite, withScene } from "./suite.ts";

/** Between two moments that a broker's clock of milliseconds must tell apart. */
const APART_MS = 50;

export function describeStart(suite: Suite): void {
  describe("where a group begins", () => {
    it("from the latest: at what is published after the subscription", () =>
      withScene(suite, async (scene) => {
        await scene.publish(scene.event(), scene.event());
        const { handler, ids } = createRecorder();
        await scene.subscribe({ handler, from: "latest" });
        const event = scene.event();
        await scene.publish(event);
        await scene.eventually(() => expect(ids()).toContain(event.id));
        expect(ids()).toEqual([event.id]);
      }));

    it("from the earliest: at what is kept", ({ skip }) =>
      withScene(suite, async (scene) => {
        if (!scene.transport.capabilities.retention) skip("the transport keeps nothing for groups that come later");
        const events = Array.from({ length: 10 }, () => scene.event());
        await scene.publish(...events);
        const { handler, ids } = createRecorder();
        await scene.subscribe({ handler, from: "earliest" });
        await scene.eventually(() => expect(ids().sort()).toEqual(idsOf(events).sort()));
      }));

    it("from a time: at what was published then or later", ({ skip }) =>
      withScene(suite, async (scene) => {
        if (!scene.transport.capabilities.replay) skip("the transport cannot replay");
        await scene.publish(...Array.from({ length: 10 }, (_, index) => scene.event({ key: `k${index}` })));
        await new Promise((resolve) => setTimeout(resolve, APART_MS));
        const sinceMs = Date.now();
        await new Promise((resolve) => setTimeout(resolve, APART_MS));
        const events = Array.from({ length: 10 }, (_, index) => scene.event({ key: `k${index}`, timeMs: Date.now() }));
        await scene.publish(...events);
        const { handler, ids } = createRecorder();
        await scene.subscribe({ handler, from: { sinceMs } });
        await scene.eventually(() => expect(ids().sort()).toEqual(idsOf(events).sort()));
      }));

    it("a group that was there goes on where it was, wherever the subscription says to begin", () =>
      withScene(suite, async (scene) => {
        const before = createRecorder();
        const first = await scene.subscribe(before);
        await scene.publish(scene.event(), scene.event(), scene.event());
        await scene.eventually(() => expect(before.deliveries).toHaveLength(3));
        await first.close();
        const missed = Array.from({ length: 5 }, () => scene.event());
        await scene.publish(...missed);
        for (const from of ["latest", "earliest"] as const) {
          const after = createRecorder();
          const again = await scene.subscribe({ ...after, from, transport: await scene.connect() });
          const event = scene.event();
          await scene.publish(event);
          missed.push(event);
          const expected = idsOf(missed.splice(0)).sort();
          await scene.eventually(() => expect(after.ids().sort()).toEqual(expected));
          await again.close();
        }
      }));
  });
}
