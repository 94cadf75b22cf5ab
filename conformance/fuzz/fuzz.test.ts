import { expect, test } from "vitest";
import { Dice } from "./dice.ts";
import { FUZZ_TARGETS } from "./fuzz-targets.ts";
import { catchStrays, runCase } from "./run-case.ts";

const CASES = 150;

/** A taste of the long run, so that a target that no longer fits its code shows at once. */
test.each(FUZZ_TARGETS.map((target) => [target.name, target] as const))("%s survives noise", async (_name, target) => {
  using strays = catchStrays();
  for (let number = 0; number < CASES; number++) {
    expect(await runCase(target, { seed: 1, number }, strays)).toBeUndefined();
  }
});

test("a case is the same each time it is run", () => {
  for (const target of FUZZ_TARGETS) {
    const [first, second] = [0, 1].map(() => target.input(Dice.ofCase(7, target.name, 3)));
    expect(first).toEqual(second);
  }
});
