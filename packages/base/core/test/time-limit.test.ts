import { describe, expect, it } from "vitest";
import { abortable } from "../src/time/abortable.ts";
import { createManualClock } from "../src/time/manual-clock.ts";
import { timeLimit } from "../src/time/time-limit.ts";

describe("timeLimit", () => {
  it("aborts when the time is up, and leaves nothing behind when released", () => {
    const clock = createManualClock();
    const limit = timeLimit(100, { clock });
    clock.advance(99);
    expect(limit.signal.aborted).toBe(false);
    clock.advance(1);
    expect(limit.signal.reason).toMatchObject({ name: "TimeoutError" });
    timeLimit(100, { clock }).release();
    expect(clock.pending()).toBe(0);
  });

  it("aborts with the caller's reason", () => {
    const caller = new AbortController();
    const limit = timeLimit(100, { clock: createManualClock(), signal: caller.signal });
    caller.abort("gone");
    expect(limit.signal.reason).toBe("gone");
    expect(timeLimit(100, { signal: caller.signal }).signal.aborted).toBe(true);
  });

  it("ends the waits under it without a signal, and those that come later at once", async () => {
    const clock = createManualClock();
    const limit = timeLimit(100, { clock });
    expect(await abortable(Promise.resolve(7), limit.source)).toBe(7);
    await expect(abortable(Promise.reject(new Error("no")), limit.source)).rejects.toThrow("no");
    const waits = [1, 2].map(() => abortable(new Promise(() => {}), limit.source));
    clock.advance(100);
    for (const wait of waits) await expect(wait).rejects.toMatchObject({ name: "TimeoutError" });
    expect(limit.source.aborted).toBe(true);
    await expect(abortable(new Promise(() => {}), limit.source)).rejects.toMatchObject({ name: "TimeoutError" });
  });
});

describe("abortable", () => {
  it("gives what the work gives, unless the signal comes first", async () => {
    const caller = new AbortController();
    expect(await abortable(Promise.resolve(7), caller.signal)).toBe(7);
    await expect(abortable(Promise.reject(new Error("no")), caller.signal)).rejects.toThrow("no");
    const wait = abortable(new Promise(() => {}), caller.signal);
    caller.abort(new Error("gone"));
    await expect(wait).rejects.toThrow("gone");
    await expect(abortable(Promise.resolve(7), caller.signal)).rejects.toThrow("gone");
  });
});
