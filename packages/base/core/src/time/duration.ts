const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Milliseconds of a duration as policy files write it: `100ms`, `3s`, `1.5m`, `2h`, `7d`.
 * A bare number is refused, because its unit would be a guess.
 *
 * @returns undefined if the text is not a duration.
 */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  if (!match?.[1] || !match[2]) return undefined;
  return Number(match[1]) * UNITS_MS[match[2] as keyof typeof UNITS_MS];
}

/** The shortest exact way to write a duration: 3000 is `3s`, 1500 is `1500ms`. */
export function formatDurationMs(durationMs: number): string {
  for (const unit of ["d", "h", "m", "s"] as const) {
    if (durationMs > 0 && durationMs % UNITS_MS[unit] === 0) return `${durationMs / UNITS_MS[unit]}${unit}`;
  }
  return `${durationMs}ms`;
}
