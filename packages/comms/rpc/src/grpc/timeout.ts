/**
 * `grpc-timeout`: up to eight digits and a unit.
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md (Timeout)
 */
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

const MAX_DIGITS = 8;
const MAX_VALUE = 99_999_999;
const ZERO = "0".charCodeAt(0);

/** Milliseconds of a `grpc-timeout`, or undefined if it is malformed. */
export function parseTimeoutMs(header: string): number | undefined {
  const digits = header.length - 1;
  const unitMs = UNIT_MS[header[digits] ?? ""];
  if (unitMs === undefined || digits < 1 || digits > MAX_DIGITS) return undefined;
  let value = 0;
  for (let at = 0; at < digits; at += 1) {
    const digit = header.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value * unitMs;
}

/** The header for a timeout: never longer than asked, and at least a millisecond, since 0 would be no call at all. */
export function formatTimeout(timeoutMs: number): string {
  const ms = Math.max(1, Math.floor(timeoutMs));
  if (ms <= MAX_VALUE) return `${ms}m`;
  if (ms <= MAX_VALUE * 1_000) return `${Math.floor(ms / 1_000)}S`;
  return `${Math.min(MAX_VALUE, Math.floor(ms / 3_600_000))}H`;
}
