import { expect, test } from "vitest";
import { LoopBudget } from "../src/time/loop-budget.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function stoppedBudget() {
  let nowMs = 0;
  const budget = new LoopBudget(() => nowMs);
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { budget, pass };
}

test("work is admitted until its turn has taken 2 ms, and again in the next turn", async () => {
  const { budget, pass } = stoppedBudget();
  expect(budget.admit()).toBe(true);
  pass(1.5);
  expect(budget.admit()).toBe(true);
  pass(0.5);
  expect(budget.admit()).toBe(false);
  await turn();
  expect(budget.admit()).toBe(true);
});

test("a turn admits 128 units, however little time they take", async () => {
  const { budget } = stoppedBudget();
  const admitted = Array.from({ length: 200 }, () => budget.admit());
  expect(admitted.filter(Boolean)).toHaveLength(128);
});

test("deferred work runs in its order, a budget's worth each turn, and nothing overtakes it", async () => {
  const { budget, pass } = stoppedBudget();
  const done: number[] = [];
  for (let unit = 0; unit < 3; unit += 1) {
    budget.defer(() => {
      done.push(unit);
      pass(1.5);
    });
  }
  expect(budget.admit()).toBe(false);
  await turn();
  expect(done).toEqual([0, 1]);
  await turn();
  expect(done).toEqual([0, 1, 2]);
});

test("what is deferred runs after I/O that waits already", async () => {
  const order: string[] = [];
  const { budget, pass } = stoppedBudget();
  const { createServer, connect } = await import("node:net");
  const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  const closed = new Promise<void>((resolve) => {
    connect(port, "127.0.0.1", () => order.push("connected"))
      .on("close", () => resolve())
      .resume();
  });
  let left = 10_000;
  const unit = (): void => {
    pass(2); // one unit a turn
    left -= 1;
    if (order.length === 0 && left > 0) budget.defer(unit);
  };
  budget.defer(unit);
  await closed;
  server.close();
  expect(order).toEqual(["connected"]);
  expect(left).toBeGreaterThan(0);
});
