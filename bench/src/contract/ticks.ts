/** The tick of a number, counted from 1. */
export function tickOf(number: number) {
  return { number, symbol: "PRLY", price: number / 8 };
}
