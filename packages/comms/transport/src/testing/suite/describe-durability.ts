import { isParleyError } from "@parley/core";
import { describe, expect, it } from "vitest";
import type { Envelope } from "../../envelope/envelope.ts";
import { createOrderLedger, numbered } from "./order-ledger.ts";
import { type Scene, type Suite, withScene } from "./suite.ts";

const EVENTS = 10_000;
const BATCH = 100;
const KEYS = 50;
const RESTART_PATIENCE_MS = 90_000;
const RESTART_TIMEOUT_MS = 2 * RESTART_PATIENCE_MS;

export function describeDurability(suite: Suite): void {
  describe("a restart of the broker", { timeout: RESTART_TIMEOUT_MS }, () => {
    it("loses nothing, with 10,000 events in flight, and keeps the order of keys", ({ skip }) =>
      withScene({ harness: suite.harness, patienceMs: RESTART_PATIENCE_MS }, async (scene) => {
        const { restartBroker } = suite.harness;
        if (!restartBroker) return skip("the harness cannot restart the broker");
        const { ordering, durable } = scene.transport.capabilities;
        if (!durable) return skip("the transport is not durable");
        const seen = new Set<string>();
        const ledger = createOrderLedger();
        const handler = ledger.handler(async ({ envelope }) => {
          seen.add(envelope.id);
          return "done";
        });
        const asked = ordering === "none" ? "none" : "key";
        for (const transport of [scene.transport, await scene.connect()]) {
          await scene.subscribe({ transport, handler, concurrency: 16, ordering: asked });
        }
        const events = numbered(
          Array.from({ length: EVENTS }, (_, index) => scene.event({ key: `key-${index % KEYS}` })),
        );
        const published = publishAll(scene, events);
        await scene.eventually(() => expect(seen.size).toBeGreaterThan(EVENTS / 10));
        await restartBroker();
        await published;
        await scene.eventually(() => expect(seen.size).toBe(EVENTS));
        if (asked === "key") expect(ledger.violations).toEqual([]);
      }));

    it("is survived by a consumer that was idle, and by one without a name", ({ skip }) =>
      withScene({ harness: suite.harness, patienceMs: RESTART_PATIENCE_MS }, async (scene) => {
        const { restartBroker } = suite.harness;
        if (!restartBroker) return skip("the harness cannot restart the broker");
        const seen = { named: new Set<string>(), unnamed: new Set<string>() };
        const handlerOf = (into: Set<string>) => async (delivery: { readonly envelope: Envelope }) => {
          into.add(delivery.envelope.id);
          return "done" as const;
        };
        await scene.subscribe({ handler: handlerOf(seen.named) });
        await scene.subscribe({ handler: handlerOf(seen.unnamed), group: null });
        await restartBroker();
        // What is published while an unnamed group is not connected is not for it: publish until both hear.
        const published: string[] = [];
        await scene.eventually(async () => {
          const event = scene.event();
          await publishAll(scene, [event]);
          published.push(event.id);
          expect(seen.named.size).toBeGreaterThan(0);
          expect(seen.unnamed.size).toBeGreaterThan(0);
        });
        if (!scene.transport.capabilities.durable) return;
        await scene.eventually(() => expect([...seen.named]).toEqual(expect.arrayContaining(published)));
      }));
  });
}

/** Publishes as a relay does: a batch that failed is published again until it is taken. */
async function publishAll(scene: Scene, events: readonly Envelope[]): Promise<void> {
  for (let at = 0; at < events.length; at += BATCH) {
    const batch = events.slice(at, at + BATCH);
    for (;;) {
      try {
        await scene.publish(...batch);
        break;
      } catch (thrown) {
        if (!isParleyError(thrown)) throw thrown;
        expect(["UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"], thrown.message).toContain(thrown.code);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
}
