/** The wire type of whatever has its length before it. */
export const LENGTH_DELIMITED = 2;

/** What stands before a field: its number and its wire type. */
export function tagOf(number: number, wireType: number): number {
  return ((number << 3) | wireType) >>> 0;
}
