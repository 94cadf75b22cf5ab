let second = Number.NaN;
let text = "";

/** A moment as the `Date` header has it (RFC 9110 section 5.6.7), made once a second. */
export function httpDate(nowMs: number): string {
  const current = Math.floor(nowMs / 1_000);
  if (current !== second) {
    second = current;
    text = new Date(nowMs).toUTCString();
  }
  return text;
}
