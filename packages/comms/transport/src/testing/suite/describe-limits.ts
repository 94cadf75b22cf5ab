import { describe, expect, it } from "vitest";
import { createRecorder, encode, failureOf, type Suite, withScene } from "./suite.ts";

/** Of transports that take more, no more is sent than this: the suite is also run where memory is short. */
const LARGEST_SENT = 4 * 1_024 * 1_024;

export function describeLimits(suite: Suite): void {
  describe("sizes and shapes of data", () => {
    it("go up to what the transport declares", () =>
      withScene(
        suite,
        async (scene) => {
          const size = Math.min(scene.transport.capabilities.maxDataBytes, LARGEST_SENT);
          const { handler, deliveries } = createRecorder();
          await scene.subscribe({ handler });
          const data = new Uint8Array(size).fill(120);
          await scene.publish(scene.event({ data, extensions: { correlationid: "c".repeat(128) } }));
          await scene.eventually(() => expect(deliveries).toHaveLength(1));
          expect(Buffer.compare(deliveries[0]?.envelope.data ?? new Uint8Array(), data)).toBe(0);
        },
        { maxDataBytes: LARGEST_SENT },
      ));

    it("and no further: larger data is refused by name, and nothing of its batch is published", () =>
      withScene(suite, async (scene) => {
        const { maxDataBytes } = scene.transport.capabilities;
        const { handler, ids } = createRecorder();
        await scene.subscribe({ handler });
        const tooLarge = scene.event({ data: new Uint8Array(maxDataBytes + 1) });
        const error = await failureOf(scene.publish(scene.event(), tooLarge));
        expect(error.code).toBe("INVALID_ARGUMENT");
        expect(error.message).toContain(tooLarge.id);
        const marker = scene.event();
        await scene.publish(marker);
        await scene.eventually(() => expect(ids()).toContain(marker.id));
        expect(ids()).toEqual([marker.id]);
      }));

    it("are any bytes, none among them", () =>
      withScene(suite, async (scene) => {
        const { handler, deliveries } = createRecorder();
        await scene.subscribe({ handler });
        const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
        await scene.publish(scene.event({ data: bytes, contentType: "application/octet-stream" }));
        await scene.publish(scene.event({ data: new Uint8Array() }));
        await scene.eventually(() => expect(deliveries).toHaveLength(2));
        const received = deliveries.map(({ envelope }) => [...envelope.data]);
        expect(received.sort((a, b) => b.length - a.length)).toEqual([[...bytes], []]);
      }));

    it("come in any number: 2,000 in batches of 100", () =>
      withScene(suite, async (scene) => {
        const seen = new Set<string>();
        await scene.subscribe({
          concurrency: 16,
          async handler({ envelope }) {
            seen.add(envelope.id);
            return "done";
          },
        });
        for (let batch = 0; batch < 20; batch++) {
          await scene.publish(
            ...Array.from({ length: 100 }, (_, index) => scene.event({ key: `k${index}`, data: encode({ batch }) })),
          );
        }
        await scene.eventually(() => expect(seen.size).toBe(2_000));
      }));
  });
}
