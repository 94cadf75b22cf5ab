import { describe, expect, it } from "vitest";
import type { Ordering } from "../../capabilities.ts";
import { keepsOrder } from "../../check-subscription.ts";
import { failureOf, type Suite, withScene } from "./suite.ts";

/** What is asked of a transport that does not declare it is refused by name, never half done. */
export function describeRefusals(suite: Suite): void {
  describe("what the transport does not declare", () => {
    it.each<Ordering>(["key", "topic"])("is refused: ordering by %s", (ordering) =>
      withScene(suite, async (scene) => {
        const { name, capabilities } = scene.transport;
        const subscribed = scene.subscribe({ ordering });
        if (keepsOrder(capabilities.ordering, ordering)) return void (await subscribed);
        const error = await failureOf(subscribed);
        expect(error.code).toBe("FAILED_PRECONDITION");
        expect(error.message).toContain(name);
        expect(error.message).toContain(ordering);
      }),
    );

    it("is refused: a begin in the past", () =>
      withScene(suite, async (scene) => {
        const subscribed = scene.subscribe({ from: { sinceMs: Date.now() - 1_000 } });
        if (scene.transport.capabilities.replay) return void (await subscribed);
        const error = await failureOf(subscribed);
        expect(error.code).toBe("FAILED_PRECONDITION");
        expect(error.message).toMatch(/replay/);
        expect(error.message).toContain(scene.transport.name);
      }));

    it("is what its adapter declares before it connects", ({ skip }) =>
      withScene(suite, async ({ transport: { name, capabilities } }) => {
        const { adapter } = suite.harness;
        if (!adapter) return skip("no system lists the transport");
        const { ordering, retention, replay, requestReply } = adapter.capabilities;
        expect(name).toBe(adapter.name);
        expect(capabilities).toMatchObject({ ordering, retention, replay, requestReply });
      }));

    it("is not there: request and reply", () =>
      withScene(suite, async ({ transport }) => {
        expect(transport.requests !== undefined).toBe(transport.capabilities.requestReply);
      }));
  });
}
