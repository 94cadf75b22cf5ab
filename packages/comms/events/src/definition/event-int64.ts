/**
 * How the JSON of a payload writes 64-bit integers: `auto` as a number where a double holds it exactly and as a string beyond 2^53,
 * `string` always as a string, for readers that need one form. Readers of Parley take both.
 */
export type EventInt64 = "auto" | "string";

/** What is wrong with the choice, as the end of a sentence; undefined if nothing is. */
export function int64Problem(int64: unknown): string | undefined {
  if (int64 === undefined || int64 === "auto" || int64 === "string") return undefined;
  return `must have int64 "auto" or "string", got ${JSON.stringify(int64)}`;
}
