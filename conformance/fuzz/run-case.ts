import { Dice } from "./dice.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import type { CaseId } from "./reproduce.ts";

/** A case that showed a fault. */
export interface Finding extends CaseId {
  readonly input: Buffer;
  readonly error: unknown;
}

/** Errors that nobody caught while a case ran: they count as its own. */
export interface Strays extends Disposable {
  take(): unknown;
}

export function catchStrays(): Strays {
  let stray: { readonly error: unknown } | undefined;
  const keep = (error: unknown): void => {
    stray ??= { error };
  };
  process.on("uncaughtException", keep);
  process.on("unhandledRejection", keep);
  return {
    take() {
      const taken = stray;
      stray = undefined;
      return taken?.error;
    },
    [Symbol.dispose]() {
      process.off("uncaughtException", keep);
      process.off("unhandledRejection", keep);
    },
  };
}

/** Runs one case. @returns what it found, if anything. */
export async function runCase(
  target: FuzzTarget,
  { seed, number }: { readonly seed: number; readonly number: number },
  strays: Strays,
): Promise<Finding | undefined> {
  const dice = Dice.ofCase(seed, target.name, number);
  const input = target.input(dice);
  const finding = (error: unknown): Finding => ({
    target: target.name,
    seed,
    number,
    input: Buffer.from(input),
    error,
  });
  try {
    const running = target.run(input, dice);
    if (running) await running;
  } catch (error) {
    return finding(error);
  }
  const stray = strays.take();
  return stray === undefined ? undefined : finding(stray);
}
