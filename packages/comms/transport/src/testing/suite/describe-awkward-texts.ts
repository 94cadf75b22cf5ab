import { describe, expect, it } from "vitest";
import { AWKWARD_TEXTS } from "../awkward-texts.ts";
import { createRecorder, encode, type Suite, withScene } from "./suite.ts";

export function describeAwkwardTexts(suite: Suite): void {
  describe("an event whose id, source and key are awkward", () => {
    it.for(AWKWARD_TEXTS)("holds %s: it is delivered as it was published", ([, text]) =>
      withScene(suite, async (scene) => {
        const { handler, deliveries } = createRecorder();
        await scene.subscribe({ handler, ordering: scene.transport.capabilities.ordering === "none" ? "none" : "key" });
        const [id, source, key] = [text(1), text(2), text(3)];
        await scene.publish(scene.event({ id, source, key }));
        await scene.eventually(() => expect(deliveries).toHaveLength(1));
        expect(deliveries[0]?.envelope).toMatchObject({ id, source, key });
      }),
    );

    it("fails, comes again, and holds up neither its key nor what is published with it", () =>
      withScene(suite, async (scene) => {
        const ordering = scene.transport.capabilities.ordering === "none" ? "none" : "key";
        const awkward = new Set(AWKWARD_TEXTS.map(([, text]) => text(4)));
        const { handler, deliveries, ids } = createRecorder(async ({ envelope }) =>
          awkward.has(envelope.id) && ids().filter((id) => id === envelope.id).length < 3
            ? { retryAfterMs: 10 }
            : "done",
        );
        const events = [...awkward].flatMap((id) => [
          scene.event({ id, key: id, data: encode({ awkward: true }) }),
          scene.event({ key: id }),
        ]);
        await scene.subscribe({ handler, ordering });
        await scene.publish(...events);
        await scene.eventually(() => expect(deliveries).toHaveLength(events.length + 2 * awkward.size));
        expect(new Set(ids())).toEqual(new Set(events.map(({ id }) => id)));
      }));
  });
}
