import { expect, test } from "vitest";
import { createTurns } from "./turns.ts";

test("the sender goes on when the replies that it waits for are there", async () => {
  const turns = createTurns();
  const second = turns.reached(2);
  turns.replied();
  turns.replied();
  await expect(second).resolves.toBe(true);
});

test("replies that came first are not waited for", async () => {
  const turns = createTurns();
  turns.replied();
  await expect(turns.reached(1)).resolves.toBe(true);
});

test("the end of the call frees a sender that waits, or will", async () => {
  const turns = createTurns();
  const first = turns.reached(1);
  turns.end();
  await expect(first).resolves.toBe(false);
  await expect(turns.reached(1)).resolves.toBe(false);
});
