import { createManualClock } from "@parley/core";
import { describe, expect, it } from "vitest";
import { createKeyedExecutor } from "../src/delivery/keyed-executor.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Tasks that wait to be told how they end. */
function gates() {
  const started: string[] = [];
  const open = new Map<string, (outcome: "done" | { retryAfterMs: number }) => void>();
  return {
    started,
    task: (name: string) => () => {
      started.push(name);
      return new Promise<"done" | { retryAfterMs: number }>((resolve) => open.set(name, resolve));
    },
    end: (name: string, outcome: "done" | { retryAfterMs: number } = "done") => open.get(name)?.(outcome),
  };
}

describe("the keyed executor", () => {
  it("runs so many at once, and those of one key one after the other", async () => {
    const { started, task, end } = gates();
    const executor = createKeyedExecutor({ concurrency: 2 });
    const ends = [executor.run("a", task("a1")), executor.run("a", task("a2")), executor.run("b", task("b1"))];
    ends.push(executor.run(undefined, task("x1")), executor.run(undefined, task("x2")));
    expect(started).toEqual(["a1", "b1"]);
    end("b1");
    await turn();
    expect(started).toEqual(["a1", "b1", "x1"]);
    end("a1");
    await turn();
    expect(started).toEqual(["a1", "b1", "x1", "x2"]);
    end("x1");
    await turn();
    expect(started).toEqual(["a1", "b1", "x1", "x2", "a2"]);
    end("a2");
    end("x2");
    expect(await Promise.all(ends)).toEqual(Array(5).fill("done"));
    expect(executor.size).toBe(0);
  });

  it("holds the key of a task that waits for its retry, but not its place", async () => {
    const clock = createManualClock();
    const { started, task, end } = gates();
    const executor = createKeyedExecutor({ concurrency: 1, clock });
    void executor.run("a", task("a1"));
    void executor.run("a", task("a2"));
    void executor.run("b", task("b1"));
    end("a1", { retryAfterMs: 500 });
    await turn();
    expect(started).toEqual(["a1", "b1"]);
    end("b1");
    await turn();
    clock.advance(499);
    expect(started).toEqual(["a1", "b1"]);
    clock.advance(1);
    expect(started).toEqual(["a1", "b1", "a1"]);
    end("a1");
    await turn();
    expect(started).toEqual(["a1", "b1", "a1", "a2"]);
    await executor.close({ signal: AbortSignal.abort() });
    expect(clock.pending()).toBe(0);
  });

  it("tries a task that rejects again after a second, and tells", async () => {
    const clock = createManualClock();
    const told: unknown[] = [];
    const executor = createKeyedExecutor({ concurrency: 1, clock, onRejected: (thrown) => told.push(thrown) });
    let attempts = 0;
    const ended = executor.run("a", async () => {
      attempts += 1;
      if (attempts === 1) throw new RangeError("mine");
      return "done";
    });
    await turn();
    clock.advance(1_000);
    expect(await ended).toBe("done");
    expect(told).toEqual([new RangeError("mine")]);
  });

  it("at close lets what runs end and abandons the rest", async () => {
    const { started, task, end } = gates();
    const executor = createKeyedExecutor({ concurrency: 1 });
    const ends = [executor.run("a", task("a1")), executor.run("a", task("a2")), executor.run("b", task("b1"))];
    const closed = executor.close();
    expect(await Promise.all(ends.slice(1))).toEqual(["abandoned", "abandoned"]);
    expect(await Promise.race([closed, turn().then(() => "open")])).toBe("open");
    end("a1", { retryAfterMs: 10 });
    await closed;
    expect(await ends[0]).toBe("abandoned");
    expect(await executor.run("c", task("c1"))).toBe("abandoned");
    expect(started).toEqual(["a1"]);
  });

  it("at a forced close waits for nobody", async () => {
    const { task } = gates();
    const executor = createKeyedExecutor({ concurrency: 1 });
    const ended = executor.run("a", task("a1"));
    const force = new AbortController();
    const closed = executor.close({ signal: force.signal });
    force.abort();
    await closed;
    expect(await ended).toBe("abandoned");
  });

  it("gives up a waiting task whose signal aborts, and lets the next of its key run", async () => {
    const clock = createManualClock();
    const { started, task, end } = gates();
    const executor = createKeyedExecutor({ concurrency: 4, clock });
    const first = new AbortController();
    const ended = executor.run("a", task("a1"), { signal: first.signal });
    void executor.run("a", task("a2"));
    end("a1", { retryAfterMs: 60_000 });
    await turn();
    first.abort();
    expect(await ended).toBe("abandoned");
    expect(started).toEqual(["a1", "a2"]);
    expect(clock.pending()).toBe(0);
  });

  it("begins none of a line that one abort gives up as a whole", async () => {
    const executor = createKeyedExecutor({ concurrency: 4, clock: createManualClock() });
    const line = new AbortController();
    const begun: string[] = [];
    const ends = ["a1", "a2", "a3"].map((name) =>
      executor.run(
        "a",
        async () => {
          begun.push(name);
          return { retryAfterMs: 1_000 };
        },
        { signal: line.signal },
      ),
    );
    await Promise.resolve();
    await Promise.resolve();
    line.abort();
    expect(await Promise.all(ends)).toEqual(["abandoned", "abandoned", "abandoned"]);
    expect(begun).toEqual(["a1"]);
  });

  it("begins none of a line that is given up one by one, though its first waits for a retry", async () => {
    const executor = createKeyedExecutor({ concurrency: 4, clock: createManualClock() });
    const begun: string[] = [];
    const line = ["a1", "a2", "a3"].map((name) => {
      const controller = new AbortController();
      const task = async () => {
        begun.push(name);
        return { retryAfterMs: 1_000 };
      };
      return { controller, ended: executor.run("a", task, { signal: controller.signal }) };
    });
    await turn();
    for (const { controller } of line) controller.abort();
    expect(await Promise.all(line.map(({ ended }) => ended))).toEqual(["abandoned", "abandoned", "abandoned"]);
    expect(begun).toEqual(["a1"]);
  });

  it("lets a reader wait for room", async () => {
    const { task, end } = gates();
    const executor = createKeyedExecutor({ concurrency: 1 });
    void executor.run(undefined, task("1"));
    void executor.run(undefined, task("2"));
    let room = false;
    const waiting = executor.below(2).then(() => {
      room = true;
    });
    await turn();
    expect(room).toBe(false);
    end("1");
    await waiting;
    const closed = executor.below(1);
    await executor.close({ signal: AbortSignal.abort() });
    await closed;
  });
});
