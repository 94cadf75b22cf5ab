import { createManualClock } from "@parley/core";
import { expect, test } from "vitest";
import { createDeadlineWheel } from "../../src/grpc/deadline-wheel.ts";

test("deadlines are told in order, once, and not before their time", () => {
  const clock = createManualClock();
  const wheel = createDeadlineWheel(clock);
  const told: string[] = [];
  const at = (ms: number, name: string) => wheel.schedule(clock.now() + ms, { onDeadline: () => told.push(name) });
  at(1_000, "late");
  at(100, "early");
  at(99, "same slot").remove();
  clock.advance(99);
  expect(told).toEqual([]);
  clock.advance(6);
  expect(told).toEqual(["early"]);
  clock.advance(10_000);
  expect(told).toEqual(["early", "late"]);
  expect(clock.pending()).toBe(0);
});

test("an earlier deadline that comes later is told in time", () => {
  const clock = createManualClock();
  const wheel = createDeadlineWheel(clock);
  let told = 0;
  wheel.schedule(clock.now() + 60_000, { onDeadline: () => {} });
  wheel.schedule(clock.now() + 10, { onDeadline: () => told++ });
  clock.advance(15);
  expect(told).toBe(1);
});

test("a deadline may set and cancel others while it is told", () => {
  const clock = createManualClock();
  const wheel = createDeadlineWheel(clock);
  const told: string[] = [];
  const second = wheel.schedule(clock.now() + 10, { onDeadline: () => told.push("cancelled") });
  wheel.schedule(clock.now() + 5, {
    onDeadline() {
      told.push("first");
      second.remove();
      wheel.schedule(clock.now(), { onDeadline: () => told.push("past") });
    },
  });
  clock.advance(100);
  expect(told).toEqual(["first", "past"]);
});

test("a closed wheel leaves no timer", () => {
  const clock = createManualClock();
  const wheel = createDeadlineWheel(clock);
  wheel.schedule(clock.now() + 10, { onDeadline: () => {} });
  wheel.close();
  expect(clock.pending()).toBe(0);
});
