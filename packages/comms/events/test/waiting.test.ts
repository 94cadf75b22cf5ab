import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { createManualClock, ParleyError } from "@parley/core";
import type { Delivery, Outcome } from "@parley/transport";
import { describe, expect, it } from "vitest";
import { createUnhandled } from "../src/consume/unhandled.ts";
import { defineEvent } from "../src/definition/define-event.ts";
import { busForTest, eventually } from "./support/bus-for-test.ts";

const ACKNOWLEDGE_WITHIN_MS = 30_000;

function scene() {
  const clock = createManualClock();
  const unhandled = createUnhandled({ clock, acknowledgeWithinMs: ACKNOWLEDGE_WITHIN_MS });
  const ends: ((outcome: Outcome) => void)[] = [];
  const handler = unhandled.watch(() => new Promise<Outcome>((resolve) => void ends.push(resolve)));
  const give = (id: string, publishedAtMs: number, signal = new AbortController().signal): Promise<Outcome> =>
    handler({ envelope: { id, source: "/test", timeMs: publishedAtMs }, signal } as Delivery);
  return { clock, unhandled, give, end: (outcome: Outcome) => ends.shift()?.(outcome) };
}

describe("the age of what a consumer has not handled", () => {
  it("is that of the oldest event with a handler", async () => {
    const { clock, unhandled, give, end } = scene();
    expect(unhandled.oldestMs()).toBeUndefined();
    const first = give("1", clock.now() - 60_000);
    const second = give("2", clock.now() - 5_000);
    clock.advance(1_000);
    expect(unhandled.oldestMs()).toBe(61_000);
    end("done");
    await first;
    expect(unhandled.oldestMs()).toBe(6_000);
    end("done");
    await second;
    expect(unhandled.oldestMs()).toBeUndefined();
  });

  it("counts on while an event waits for its next attempt, until that is done", async () => {
    const { clock, unhandled, give, end } = scene();
    const publishedAtMs = clock.now();
    const first = give("1", publishedAtMs);
    end({ retryAfterMs: 20_000 });
    await first;
    clock.advance(20_000);
    expect(unhandled.oldestMs()).toBe(20_000);
    const again = give("1", publishedAtMs);
    end("done");
    await again;
    expect(unhandled.oldestMs()).toBeUndefined();
  });

  it("forgets an event that does not come again, since another member has it", async () => {
    const { clock, unhandled, give, end } = scene();
    const taken = new AbortController();
    const first = give("1", clock.now(), taken.signal);
    taken.abort();
    end({ retryAfterMs: 0 });
    await first;
    expect(unhandled.oldestMs()).toBeUndefined();
    const second = give("2", clock.now());
    end({ retryAfterMs: 1_000 });
    await second;
    clock.advance(1_000 + ACKNOWLEDGE_WITHIN_MS + 1);
    expect(unhandled.oldestMs()).toBeUndefined();
  });
});

describe("what a bus tells of its dead letters", () => {
  const rung = defineEvent({ name: "bells.rung", schema: DurationSchema });

  it("is how many there are by event and group, and once that there are none any more", async () => {
    const { bus, database, observed } = busForTest({ settings: { lagMs: 10, outboxPollMs: 10 } });
    bus.subscribe(rung, async () => {
      throw new ParleyError("INVALID_ARGUMENT", "out of tune");
    });
    await bus.start();
    await database.transaction((tx) => bus.publish(tx, rung, { seconds: 1n }));
    const line = { type: "dead_letters", name: "bells.rung", group: "course-service" };
    await eventually(() => expect(observed).toContainEqual(expect.objectContaining({ ...line, count: 1 })));
    await bus.deadLetters.drop({});
    await eventually(() => expect(observed).toContainEqual({ ...line, count: 0, oldestMs: 0 }));
  });
});
