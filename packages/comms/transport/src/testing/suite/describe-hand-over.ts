import { describe, expect, it, vi } from "vitest";
import type { Consumer } from "../../event-transport.ts";
import { createRecorder, type Suite, withScene } from "./suite.ts";

/** So long a member that says nothing keeps its place; no transport has less than twice the limit below. */
const ACKNOWLEDGE_WITHIN_MS = 60_000;
/** A member that leaves says so, so the next one does not wait for the end of its lease. */
const LIMIT_MS = 4_000;

/** The place of a member that leaves in order is free at once, also when it has never had an event. */
export function describeHandOver(suite: Suite): void {
  describe("a hand-over on a quiet topic", () => {
    const leaves: Readonly<Record<string, (consumer: Consumer) => Promise<void>>> = {
      "in order": (consumer) => consumer.close(),
      "by force": (consumer) => consumer.close({ signal: AbortSignal.abort() }),
    };
    for (const [how, leave] of Object.entries(leaves)) {
      for (const next of ["waits already", "comes then", "comes after the event"] as const) {
        it(`does not wait for a lease to end when a member leaves ${how} and the next one ${next}`, ({ skip }) =>
          withScene(suite, async (scene) => {
            if (scene.transport.capabilities.ordering === "none") skip("the transport keeps no order");
            const first = createRecorder();
            const second = createRecorder();
            const join = async (handler: typeof first.handler): Promise<Consumer> => {
              const transport = await scene.connect();
              const options = { ordering: "key", acknowledgeWithinMs: ACKNOWLEDGE_WITHIN_MS } as const;
              return scene.subscribe({ ...options, transport, handler });
            };
            const leaver = await join(first.handler);
            if (next === "waits already") await join(second.handler);
            await leave(leaver);
            if (next === "comes then") await join(second.handler);
            await scene.publish(scene.event({ key: "one" }));
            if (next === "comes after the event") await join(second.handler);
            await vi.waitFor(() => expect(second.deliveries).toHaveLength(1), { timeout: LIMIT_MS, interval: 10 });
            expect(first.deliveries).toEqual([]);
          }));
      }
    }
  });
}
