const UNITS = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 } as const;

/**
 * Bytes of a size as policy files write it: `512B`, `64KiB`, `4MiB`. A bare number and the decimal units are refused,
 * because what was meant would be a guess.
 *
 * @returns undefined if the text is not a size.
 */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+)(B|KiB|MiB|GiB)$/.exec(text.trim());
  if (!match?.[1] || !match[2]) return undefined;
  return Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
}

/** The shortest exact way to write a size: 4194304 is `4MiB`. */
export function formatBytes(bytes: number): string {
  for (const unit of ["GiB", "MiB", "KiB"] as const) {
    if (bytes > 0 && bytes % UNITS[unit] === 0) return `${bytes / UNITS[unit]}${unit}`;
  }
  return `${bytes}B`;
}
