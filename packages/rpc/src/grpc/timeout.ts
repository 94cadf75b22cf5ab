/**
 * `grpc-timeout`: up to eight digits and a unit.
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md (Timeout)
 */
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

const MAX_VALUE = 99_999_999;

/** Milliseconds of a `grpc-timeout`, or undefined if it is malformed. */
export function parseTimeoutMs(header: string): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(header);
  const unitMs = UNIT_MS[match?.[2] ?? ""];
  return unitMs === undefined ? undefined : Number(match?.[1]) * unitMs;
}

/** The header for a timeout: never longer than asked, and at least a millisecond, since 0 would be no call at all. */
export function formatTimeout(timeoutMs: number): string {
  const ms = Math.max(1, Math.floor(timeoutMs));
  if (ms <= MAX_VALUE) return `${ms}m`;
  if (ms <= MAX_VALUE * 1_000) return `${Math.floor(ms / 1_000)}S`;
  return `${Math.min(MAX_VALUE, Math.floor(ms / 3_600_000))}H`;
}
