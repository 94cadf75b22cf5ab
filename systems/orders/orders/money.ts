import { failedPrecondition } from "parleyjs";

/**
 * The JSON number that stands for a decimal, digit for digit. A number holds any decimal of up to 15 digits; a longer
 * one is refused instead of rounded.
 */
export function exactNumber(decimal: string): number {
  const digits = decimal.replace(/^-?0*\.?0*|\.|(?<=\..*)0+$/g, "");
  if (digits.length > 15) {
    throw failedPrecondition(`the amount ${decimal} has more digits than a JSON number can hold`);
  }
  return Number(decimal);
}
