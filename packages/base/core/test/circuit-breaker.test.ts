import { describe, expect, test } from "vitest";
import { isParleyError } from "../src/errors/parley-error.ts";
import { type CircuitBreaker, createCircuitBreaker } from "../src/policy/circuit-breaker.ts";
import { createManualClock } from "../src/time/manual-clock.ts";

const policy = { windowMs: 10_000, minRequests: 3, failureRatio: 0.6, openMs: 30_000, halfOpenRequests: 3 };

function setUp() {
  const clock = createManualClock();
  const changes: string[] = [];
  const breaker = createCircuitBreaker({
    target: "users",
    policy,
    clock,
    onChange: (a, b) => changes.push(`${a}->${b}`),
  });
  const fail = (times: number) => {
    for (let i = 0; i < times; i++) breaker.acquire().failure();
  };
  return { clock, changes, breaker, fail };
}

test("opens at the ratio, refuses with the time left, and closes after the trials succeed", () => {
  const { clock, changes, breaker, fail } = setUp();
  breaker.acquire().success();
  fail(2);
  expect(breaker.state).toBe("open");
  clock.advance(10_000);
  try {
    breaker.acquire();
    expect.unreachable();
  } catch (error) {
    expect(isParleyError(error) && error.detail("retry_info")?.retryAfterMs).toBe(20_000);
  }
  clock.advance(20_000);
  const trials = [breaker.acquire(), breaker.acquire(), breaker.acquire()];
  expect(() => breaker.acquire()).toThrow("the circuit breaker for users is open");
  for (const trial of trials) trial.success();
  expect(changes).toEqual(["closed->open", "open->half-open", "half-open->closed"]);
});

test("a call that outlasts its window still counts when it fails", () => {
  const { clock, breaker } = setUp();
  const slow = [breaker.acquire(), breaker.acquire(), breaker.acquire()];
  clock.advance(11_000);
  for (const permit of slow) permit.failure();
  expect(breaker.state).toBe("open");
});

test("a failed trial opens again, and outcomes of an earlier state are dropped", () => {
  const { clock, breaker, fail } = setUp();
  const old = breaker.acquire();
  fail(3);
  clock.advance(30_000);
  breaker.acquire().failure();
  expect(breaker.state).toBe("open");
  old.success();
  expect(breaker.state).toBe("open");
});

test("an ignored trial gives its place back", () => {
  const { clock, breaker, fail } = setUp();
  fail(3);
  clock.advance(30_000);
  for (let i = 0; i < 10; i++) breaker.acquire().ignore();
  expect(breaker.state).toBe("half-open");
});

describe("a breaker that is told to try before its time", () => {
  const silent = (breaker: CircuitBreaker, times: number): void => {
    for (let i = 0; i < times; i++) breaker.acquire().failure("silence");
  };

  test("tries when its target is back, whatever opened it", () => {
    const { breaker, fail } = setUp();
    fail(3);
    breaker.tryNow("back");
    expect(breaker.state).toBe("half-open");
  });

  test.each(["back", "serves"] as const)(
    "is closed by the first call that succeeds (%s), while slower ones run",
    (sign) => {
      const { breaker } = setUp();
      silent(breaker, 3);
      breaker.tryNow(sign);
      const [fast, slow, failing] = [breaker.acquire(), breaker.acquire(), breaker.acquire()];
      expect(() => breaker.acquire()).toThrow("is open");
      fast.success();
      expect(breaker.state).toBe("closed");
      breaker.acquire().success();
      slow.success();
      failing.failure(); // of an earlier state: it says nothing of the present one
      expect(breaker.state).toBe("closed");
    },
  );

  test("opens again when the first call fails", () => {
    const { breaker } = setUp();
    silent(breaker, 3);
    breaker.tryNow("back");
    breaker.acquire().failure();
    expect(breaker.state).toBe("open");
  });

  test("believes a target that serves by its own word after silence, and not while its methods fail", () => {
    const { breaker, fail } = setUp();
    fail(3);
    breaker.tryNow("serves");
    expect(breaker.state).toBe("open");
    const other = setUp().breaker;
    silent(other, 3);
    other.tryNow("serves");
    expect(other.state).toBe("half-open");
  });

  test("believes it later each time that a trial meets silence again", () => {
    const { clock, breaker } = setUp();
    silent(breaker, 3);
    const trialsAtMs: number[] = [];
    for (let second = 0; second < 29; second++) {
      breaker.tryNow("serves");
      if (breaker.state === "half-open") {
        trialsAtMs.push(second * 1_000);
        silent(breaker, 1);
      }
      clock.advance(1_000);
    }
    expect(trialsAtMs).toEqual([0, 2_000, 6_000, 14_000]);
  });
});
