import type { Dice } from "./dice.ts";

/** A part of Parley that takes what strangers send. */
export interface FuzzTarget {
  readonly name: string;
  /** What one case is fed: mostly nearly right. The same dice give the same input. */
  input(dice: Dice): Buffer;
  /**
   * Takes one input to its end, alone: nothing of it may outlast the case.
   * @throws whatever the code under test may not do; that is a finding.
   */
  run(input: Buffer, dice: Dice): void | Promise<void>;
}
