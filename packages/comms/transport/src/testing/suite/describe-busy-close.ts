import { describe, expect, it } from "vitest";
import type { Consumer } from "../../event-transport.ts";
import { createGate, createRecorder, idsOf, type Scene, type Suite, withScene } from "./suite.ts";

/** More than any transport fetches ahead, with or without room for what waits behind its key. */
const MORE_THAN_A_WINDOW = 400;
const HANDLERS = 50;
const LIVE_HANDLERS = 16;
const RETRY_MS = 10;
/** Short enough that what a forced close did not give back is delivered again while the test is patient. */
const ACKNOWLEDGE_WITHIN_MS = 5_000;

/** A close while a consumer can fetch no more: its window is full of events that make no progress. */
export function describeBusyClose(suite: Suite): void {
  describe("close with a full window", () => {
    const cases = (["none", "key"] as const).flatMap((ordering) => [
      { ordering, how: "in order", close: (consumer: Consumer) => consumer.close() },
      { ordering, how: "by force", close: closeByForce },
    ]);
    for (const { ordering, how, close } of cases) {
      it(`${how} ends while handlers give every event back, and calls none afterwards, with ordering ${ordering}`, ({
        skip,
      }) =>
        withScene(suite, async (scene) => {
          if (ordering === "key" && scene.transport.capabilities.ordering === "none")
            skip("the transport keeps no order");
          const options = { ordering, concurrency: HANDLERS, acknowledgeWithinMs: ACKNOWLEDGE_WITHIN_MS } as const;
          const refused = createRecorder(async () => ({ retryAfterMs: RETRY_MS }));
          const transport = await scene.connect();
          const consumer = await scene.subscribe({ ...options, transport, handler: refused.handler });
          const events = Array.from({ length: MORE_THAN_A_WINDOW }, (_, index) => scene.event({ key: `k${index}` }));
          await scene.publish(...events);
          await scene.eventually(() => expect(refused.deliveries.length).toBeGreaterThan(MORE_THAN_A_WINDOW));
          await endsInTime(scene, close(consumer));
          const callsAtClose = refused.deliveries.length;

          const rest = createRecorder();
          await scene.subscribe({ ...options, handler: rest.handler });
          await scene.eventually(() => expect(new Set(rest.ids())).toEqual(new Set(idsOf(events))));
          expect(refused.deliveries).toHaveLength(callsAtClose);
        }));
    }

    it("by force waits for no handler of a consumer without a group", () =>
      withScene(suite, async (scene) => {
        const gate = createGate();
        const { handler, deliveries } = createRecorder(async () => {
          await gate.pass();
          return "done";
        });
        const transport = await scene.connect();
        const consumer = await scene.subscribe({ handler, transport, group: null, concurrency: LIVE_HANDLERS });
        await scene.publish(...Array.from({ length: MORE_THAN_A_WINDOW }, () => scene.event()));
        await scene.eventually(() => expect(deliveries).toHaveLength(LIVE_HANDLERS));
        await endsInTime(scene, closeByForce(consumer));
        gate.open();
        await new Promise((resolve) => setImmediate(resolve));
        expect(deliveries).toHaveLength(LIVE_HANDLERS);
      }));
  });
}

/** Asks first and forces then, as a stop does whose time is over. */
async function closeByForce(consumer: Consumer): Promise<void> {
  const force = new AbortController();
  const closed = consumer.close({ signal: force.signal });
  force.abort();
  await closed;
}

async function endsInTime(scene: Scene, closing: Promise<void>): Promise<void> {
  let isClosed = false;
  const closed = closing.then(() => {
    isClosed = true;
  });
  await scene.eventually(() => expect(isClosed).toBe(true));
  await closed;
}
