import { describe, expect, test } from "vitest";
import { formatBaggage, parseBaggage } from "../src/context/baggage.ts";
import { currentContext, runWithContext } from "../src/context/call-context.ts";
import { deriveContext } from "../src/context/derive.ts";
import { acceptId } from "../src/context/headers.ts";
import { formatTraceparent, parseTrace } from "../src/context/trace.ts";
import { withDeadline } from "../src/context/with-deadline.ts";
import { isParleyError, notFound } from "../src/errors/parley-error.ts";
import { createManualClock } from "../src/time/manual-clock.ts";
import { sleep } from "../src/time/sleep.ts";

describe("deriveContext", () => {
  test("a child keeps the ids, is a new span of the same trace, and never outlives its parent", () => {
    const clock = createManualClock();
    const parent = deriveContext({ timeoutMs: 1_000, clock, tenant: "acme" });
    clock.advance(400);
    const child = deriveContext({ parent, timeoutMs: 5_000, clock, caller: "order-service" });
    expect(child).toMatchObject({
      requestId: parent.requestId,
      correlationId: parent.requestId,
      tenant: "acme",
      caller: "order-service",
      deadlineMs: parent.deadlineMs,
    });
    expect(child.trace.traceId).toBe(parent.trace.traceId);
    expect(child.trace.spanId).not.toBe(parent.trace.spanId);
    expect(deriveContext({ parent, timeoutMs: 100, clock }).deadlineMs).toBe(clock.now() + 100);
  });

  test("flows through async code by itself, and stays apart between two flows", async () => {
    const [a, b] = [deriveContext({ requestId: "a" }), deriveContext({ requestId: "b" })];
    const read = async () => {
      await new Promise(setImmediate);
      return currentContext()?.requestId;
    };
    expect(await Promise.all([runWithContext(a, read), runWithContext(b, read)])).toEqual(["a", "b"]);
    expect(currentContext()).toBeUndefined();
  });
});

describe("withDeadline", () => {
  test("aborts the work's signal and rejects at once, although the work does not listen", async () => {
    const clock = createManualClock();
    let seen: AbortSignal | undefined;
    const work = withDeadline(
      deriveContext({ timeoutMs: 100, clock }),
      ({ signal }) => {
        seen = signal;
        return new Promise(() => {});
      },
      clock,
    );
    clock.advance(100);
    await expect(work).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect(seen?.aborted).toBe(true);
    expect(isParleyError(seen?.reason)).toBe(true);
    expect(clock.pending()).toBe(0);
  });

  test("does not start work whose deadline has passed", async () => {
    const clock = createManualClock();
    const context = deriveContext({ timeoutMs: 0, clock });
    await expect(withDeadline(context, () => expect.unreachable(), clock)).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
    });
  });

  test("passes the caller's cancellation on, with its reason", async () => {
    const clock = createManualClock();
    const controller = new AbortController();
    const reason = notFound("user");
    const work = withDeadline(deriveContext({ signal: controller.signal, clock }), () => new Promise(() => {}), clock);
    controller.abort(reason);
    await expect(work).rejects.toBe(reason);
    expect(clock.pending()).toBe(0);
  });

  test("leaves no timer behind when the work ends", async () => {
    const clock = createManualClock();
    expect(await withDeadline(deriveContext({ clock }), async () => currentContext()?.deadlineMs, clock)).toBe(
      clock.now() + 30_000,
    );
    expect(clock.pending()).toBe(0);
  });
});

test("sleep ends on abort and leaves no timer behind", async () => {
  const clock = createManualClock();
  const controller = new AbortController();
  const sleeping = sleep(1_000, { signal: controller.signal, clock });
  controller.abort(notFound("user"));
  await expect(sleeping).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(clock.pending()).toBe(0);
  await expect(sleep(1, { signal: controller.signal, clock })).rejects.toMatchObject({ code: "NOT_FOUND" });
});

describe("trace context", () => {
  const header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  test("reads back what it writes", () => {
    const trace = parseTrace(header, "vendor=1");
    expect(trace).toMatchObject({ flags: 1, state: "vendor=1" });
    expect(trace && formatTraceparent(trace)).toBe(header);
  });

  test.each([
    ["nothing", undefined],
    ["an empty header", ""],
    ["version ff", header.replace(/^00/, "ff")],
    ["version 00 with a tail", `${header}-x`],
    ["upper case", header.toUpperCase()],
    ["a zero trace id", header.replace(/4b[0-9a-f]{30}/, "0".repeat(32))],
    ["a zero span id", header.replace("00f067aa0ba902b7", "0".repeat(16))],
  ])("takes %s for no trace", (_, value) => {
    expect(parseTrace(value)).toBeUndefined();
  });

  test("a later version may have a tail", () => {
    expect(parseTrace(`${header.replace(/^00/, "01")}-more`)).toBeDefined();
  });
});

describe("baggage", () => {
  test("reads back what it writes", () => {
    const baggage = { plan: "free", note: "a,b=c ü" };
    expect({ ...parseBaggage(formatBaggage(baggage)) }).toEqual(baggage);
    expect(formatBaggage({})).toBeUndefined();
  });

  test("a broken entry loses itself alone, and __proto__ is a key like any other", () => {
    const baggage = parseBaggage("a=1, =x, b=%zz, __proto__=2, c = 3;prop=1");
    expect(Object.entries(baggage)).toEqual([
      ["a", "1"],
      ["__proto__", "2"],
      ["c", "3"],
    ]);
  });
});

test.each([
  ["abc-123", "abc-123"],
  ["x".repeat(128), "x".repeat(128)],
  ["x".repeat(129), undefined],
  ["a b", undefined],
  ["a\nb", undefined],
  ["", undefined],
  [undefined, undefined],
])("acceptId(%j)", (id, expected) => {
  expect(acceptId(id)).toBe(expected);
});
