import { describe, expect, it } from "vitest";
import type { CallContext } from "../src/context/call-context.ts";
import { deriveContext } from "../src/context/derive.ts";
import { abortOf, LazyContext, withContext } from "../src/context/lazy-context.ts";
import { withDeadline } from "../src/context/with-deadline.ts";
import { addAbortListener, LazyAbort, removeAbortListener } from "../src/time/lazy-abort.ts";
import { createManualClock } from "../src/time/manual-clock.ts";

describe("an abort source", () => {
  it("tells who listens, once, and those who come later at once", () => {
    const source = new LazyAbort();
    const told: unknown[] = [];
    const gone = (): void => void told.push("gone");
    source.listen((reason) => told.push(reason));
    source.listen(gone);
    source.unlisten(gone);
    source.abort("first");
    source.abort("second");
    source.listen((reason) => told.push(`late: ${String(reason)}`));
    expect(told).toEqual(["first", "late: first"]);
    expect([source.aborted, source.reason]).toEqual([true, "first"]);
  });

  it("tells in the order of coming, functions and objects alike", () => {
    const source = new LazyAbort();
    const told: string[] = [];
    const named = (name: string) => ({ handleEvent: () => told.push(name) }) as const;
    const [first, second] = [named("first"), named("second")];
    source.listen(first);
    source.listen(second);
    source.listen(() => told.push("third"));
    source.unlisten(first);
    source.unlisten(first);
    source.listen(named("fourth"));
    source.abort("now");
    source.listen(named("late"));
    expect(told).toEqual(["second", "third", "fourth", "late"]);
  });

  it("makes its signal when it is asked for, before or after it aborts", () => {
    const [early, late] = [new LazyAbort(), new LazyAbort()];
    const { signal } = early;
    early.abort("now");
    late.abort("before");
    expect([signal.aborted, signal.reason]).toEqual([true, "now"]);
    expect([late.signal.aborted, late.signal.reason]).toEqual([true, "before"]);
    expect(late.signal).toBe(late.signal);
  });

  it("is listened to as a signal is", () => {
    const [source, controller] = [new LazyAbort(), new AbortController()];
    const told: string[] = [];
    for (const [name, aborting] of [["source", source] as const, ["signal", controller.signal] as const]) {
      addAbortListener(aborting, () => told.push(name));
      const removed = (): void => void told.push(`${name}, removed`);
      addAbortListener(aborting, removed);
      removeAbortListener(aborting, removed);
    }
    source.abort("x");
    controller.abort("x");
    addAbortListener(controller.signal, () => told.push("late"));
    expect(told).toEqual(["source", "signal", "late"]);
  });
});

describe("a context with an abort source", () => {
  it("is aborted by the same when it was copied, and by a signal that the copy was given", () => {
    const source = new LazyAbort();
    const context: CallContext = new LazyContext(deriveContext(), source);
    expect(abortOf({ ...context })).toBe(source);
    expect(abortOf(new LazyContext(context, abortOf(context)))).toBe(source);
    const traced = withContext(context, { trace: { ...context.trace, spanId: "1111111111111111" } });
    expect(abortOf(traced)).toBe(source);
    expect(traced).toMatchObject({ requestId: context.requestId, trace: { spanId: "1111111111111111" } });
    const { signal } = new AbortController();
    expect(abortOf({ ...context, signal })).toBe(signal);
    expect(abortOf(deriveContext({ parent: context, signal }))).toBe(signal);
    expect(abortOf(withContext({ ...context, signal }, { trace: context.trace }))).toBe(signal);
  });

  it("ends what runs in it under a deadline, and makes a signal for those alone who ask", async () => {
    const source = new LazyAbort();
    const clock = createManualClock();
    const context = new LazyContext(deriveContext({ clock }), source);
    expect(abortOf(context)).toBe(source);
    const seen: AbortSignal[] = [];
    const running = withDeadline(
      context,
      ({ signal }) => {
        seen.push(signal);
        return new Promise(() => {});
      },
      clock,
    );
    source.abort(new Error("the client went away"));
    await expect(running).rejects.toThrow("the client went away");
    expect(seen.map(({ aborted }) => aborted)).toEqual([true]);
    expect(clock.pending()).toBe(0);
    await expect(withDeadline(context, () => Promise.resolve(1), clock)).rejects.toThrow("the client went away");
  });
});
