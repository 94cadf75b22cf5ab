import { expect, test } from "vitest";
import type { CallContext } from "../src/context/call-context.ts";
import { deriveContext } from "../src/context/derive.ts";
import { abortOf, LazyContext, withContext } from "../src/context/lazy-context.ts";
import { withDeadline } from "../src/context/with-deadline.ts";
import { LazyAbort } from "../src/time/lazy-abort.ts";

/** Every field of a context but its signal, each with a value of its own: a new field does not compile until it is named here. */
const FIELDS: {
  readonly [Field in keyof Required<Omit<CallContext, "signal">>]: Exclude<CallContext[Field], undefined>;
} = {
  requestId: "request",
  correlationId: "correlation",
  trace: { traceId: "1".repeat(32), spanId: "2".repeat(16), flags: 1 },
  deadlineMs: Date.now() + 60_000,
  principal: { subject: "user", roles: ["admin"], claims: { a: 1 } },
  authorization: "Bearer token",
  tenant: "tenant",
  caller: "caller",
  causationId: "cause",
  baggage: { key: "value" },
};
const NAMES = Object.keys(FIELDS) as (keyof typeof FIELDS)[];

test.each(NAMES)("a copy of a context keeps its %s, and changes it alone when told to", (name) => {
  const source = new LazyAbort();
  const original = new LazyContext(FIELDS, source);
  expect(withContext(original, {})[name]).toBe(FIELDS[name]);
  const other = deriveContext()[name];
  const changed = withContext(original, { [name]: other });
  expect(changed[name]).toBe(other);
  for (const rest of NAMES) if (rest !== name) expect(changed[rest]).toBe(FIELDS[rest]);
  expect(abortOf(changed)).toBe(source);
});

test.each(NAMES)("work under a deadline sees the %s of its context", async (name) => {
  const seen = await withDeadline(new LazyContext(FIELDS, new LazyAbort()), async (context) => context[name]);
  expect(seen).toBe(FIELDS[name]);
});

test.each(NAMES.filter((name) => name !== "trace"))("a derived context has the %s of its parent", (name) => {
  expect(deriveContext({ parent: new LazyContext(FIELDS, new LazyAbort()) })[name]).toBe(FIELDS[name]);
});

test("a signal of its own aborts a copy, and not what it is a copy of", () => {
  const original = new LazyContext(FIELDS, new LazyAbort());
  const own = new AbortController();
  const copy = withContext(original, { signal: own.signal });
  own.abort();
  expect(copy.signal.aborted).toBe(true);
  expect(original.signal.aborted).toBe(false);
});
