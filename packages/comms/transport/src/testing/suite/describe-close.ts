import { describe, expect, it } from "vitest";
import { createGate, createRecorder, failureOf, idsOf, type Suite, withScene } from "./suite.ts";

const EVENTS = 200;

export function describeClose(suite: Suite): void {
  describe("close", () => {
    it("under load lets running handlers end, starts no more, and leaves the rest to the next consumer", () =>
      withScene(suite, async (scene) => {
        const gate = createGate();
        const done = new Set<string>();
        let started = 0;
        const consumer = await scene.subscribe({
          concurrency: 4,
          transport: await scene.connect(),
          async handler({ envelope }) {
            started += 1;
            if (started > 20) await gate.pass();
            done.add(envelope.id);
            return "done";
          },
        });
        const events = Array.from({ length: EVENTS }, (_, index) => scene.event({ key: `k${index % 20}` }));
        await scene.publish(...events);
        await scene.eventually(() => expect(started).toBeGreaterThan(20));
        let isClosed = false;
        const closed = consumer.close().then(() => {
          isClosed = true;
        });
        await new Promise((resolve) => setImmediate(resolve));
        expect(isClosed).toBe(false);
        gate.open();
        await closed;
        const startedAtClose = started;
        expect(done.size).toBe(started);

        const rest = createRecorder();
        await scene.subscribe({ handler: rest.handler });
        await scene.eventually(() => expect(new Set([...done, ...rest.ids()])).toEqual(new Set(idsOf(events))));
        expect(started).toBe(startedAtClose);
        expect(rest.ids().filter((id) => done.has(id))).toEqual([]);
      }));

    it("by force waits for no handler and aborts its signal", () =>
      withScene(suite, async (scene) => {
        const gate = createGate();
        const { handler, deliveries } = createRecorder(async () => {
          await gate.pass();
          return "done";
        });
        const transport = await scene.connect();
        await scene.subscribe({ handler, transport });
        await scene.publish(scene.event());
        await scene.eventually(() => expect(deliveries).toHaveLength(1));
        const force = new AbortController();
        const closed = transport.close({ signal: force.signal });
        expect(deliveries[0]?.signal.aborted).toBe(false);
        force.abort();
        await closed;
        expect(deliveries[0]?.signal.aborted).toBe(true);
        gate.open();
      }));

    it("is the same the second time, for a consumer and for a transport", () =>
      withScene(suite, async (scene) => {
        const transport = await scene.connect();
        const consumer = await scene.subscribe({ transport });
        await Promise.all([consumer.close(), consumer.close()]);
        await consumer.close();
        await Promise.all([transport.close(), transport.close()]);
        await transport.close();
      }));

    it("settles what is being published, and refuses what comes later", () =>
      withScene(suite, async (scene) => {
        const transport = await scene.connect();
        const publishing = Array.from({ length: 20 }, () => transport.publish(scene.topic, [scene.event()]));
        const settled = Promise.allSettled(publishing);
        await transport.close();
        for (const result of await settled) {
          if (result.status === "rejected") await failureOf(Promise.reject(result.reason));
        }
        expect((await failureOf(transport.publish(scene.topic, [scene.event()]))).code).toBe("UNAVAILABLE");
        expect((await failureOf(scene.subscribe({ transport }))).code).toBe("UNAVAILABLE");
      }));
  });
}
