import { createManualClock, currentContext, noopLogger, ParleyError } from "@parley/core";
import { deriveContext, withDeadline } from "@parley/core/internal";
import type { PostgresDatabase } from "@parley/postgres";
import { expect, test, vi } from "vitest";
import { watchDatabase } from "../../src/run/database-health.ts";

const errorOf = (reason: string, sqlstate = "") =>
  new ParleyError("UNAVAILABLE", "no", {
    details: [{ type: "error_info", reason, domain: "postgresql.org", metadata: { sqlstate } }],
  });

/** A database that fails as it is told to, for reads and for writes. */
function setUp(kind: "postgres" | "embedded" = "postgres") {
  const fails: { reads?: unknown; writes?: unknown; hangs?: boolean } = {};
  const asked: string[] = [];
  const contexts: unknown[] = [];
  const query = async (text: string, _params?: unknown, options?: { signal?: AbortSignal }) => {
    asked.push(text.split(" ", 1)[0] ?? "");
    contexts.push(currentContext());
    if (fails.hangs) {
      await new Promise((_, reject) =>
        options?.signal?.addEventListener("abort", () => reject(options.signal?.reason)),
      );
    }
    const failure = text.startsWith("SELECT") ? fails.reads : (fails.writes ?? fails.reads);
    if (failure) throw failure;
    return { rows: [], rowCount: 0 };
  };
  const base = {
    kind,
    location: "test",
    query,
    transaction: (work: (tx: { query: typeof query }) => Promise<unknown>) => work({ query }),
  };
  const clock = createManualClock();
  const states: string[] = [];
  const watch = watchDatabase(base as unknown as PostgresDatabase, {
    clock,
    logger: noopLogger,
    onChange: (state) => states.push(state),
  });
  watch.start();
  const pass = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += 500) {
      clock.advance(500);
      await new Promise(setImmediate);
    }
  };
  return { watch, fails, states, asked, contexts, pass };
}

test("a database that is down is noticed without a call, and so is its return", async () => {
  const { fails, states, pass } = setUp();
  await pass(10_000);
  expect(states).toEqual([]);
  fails.reads = errorOf("DATABASE_UNAVAILABLE");
  await pass(4_000);
  expect(states).toEqual(["unusable"]);
  fails.reads = undefined;
  await pass(1_500);
  expect(states).toEqual(["unusable", "usable"]);
});

test("a database that answers nothing is noticed after two looks, and one late answer is no failure", async () => {
  const { fails, states, pass } = setUp();
  fails.hangs = true;
  await pass(5_500);
  expect(states).toEqual([]);
  await pass(6_000);
  expect(states).toEqual(["unusable"]);
});

test.each([
  ["a full disk", errorOf("DATABASE_FULL", "53100")],
  ["a server that takes no writes", errorOf("DATABASE_UNAVAILABLE", "25006")],
])("%s is noticed by the statement that fails, and is over when a write works again", async (_, failure) => {
  const { watch, fails, states, asked, pass } = setUp("embedded");
  fails.writes = failure;
  await expect(watch.database.query("INSERT INTO names VALUES (1)")).rejects.toBe(failure);
  expect(states).toEqual(["unusable"]);
  await watch.database.query("SELECT 1");
  await pass(5_000);
  expect(states).toEqual(["unusable"]); // reading works all the time
  fails.writes = undefined;
  await pass(1_500);
  expect(states).toEqual(["unusable", "usable"]);
  expect(asked.filter((word) => word === "CREATE").length).toBeGreaterThan(3);
});

test("an embedded database is not asked while all is well: its one connection may be busy", async () => {
  const { asked, pass } = setUp("embedded");
  await pass(20_000);
  expect(asked).toEqual([]);
});

test("looks that a failed call began do not carry its context, whose deadline passes before the outage does", async () => {
  const { watch, fails, states, pass, contexts } = setUp();
  fails.reads = errorOf("DATABASE_UNAVAILABLE");
  const failing = withDeadline(deriveContext({ timeoutMs: 60_000 }), () => watch.database.query("SELECT 2"));
  await expect(failing).rejects.toBe(fails.reads);
  await pass(5_000);
  fails.reads = undefined;
  await pass(2_000);
  expect(states).toEqual(["unusable", "usable"]);
  expect(contexts[0]).toBeDefined();
  expect(contexts.slice(1).filter((context) => context !== undefined)).toEqual([]);
});

test("what a statement itself did wrong says nothing of the database", async () => {
  const { watch, fails, states } = setUp();
  fails.reads = new ParleyError("ALREADY_EXISTS", "taken", {
    details: [{ type: "error_info", reason: "UNIQUE_VIOLATION", domain: "postgresql.org", metadata: {} }],
  });
  await expect(watch.database.transaction((tx) => tx.query("SELECT 1"))).rejects.toThrow("taken");
  await vi.waitFor(() => expect(states).toEqual([]));
});

test("nothing is asked, nor told, after a stop", async () => {
  const { watch, fails, states, asked, pass } = setUp();
  watch.stop();
  fails.reads = errorOf("DATABASE_UNAVAILABLE");
  await pass(10_000);
  expect([asked, states]).toEqual([[], []]);
});
