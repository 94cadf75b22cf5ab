/** Every latency of a run, kept exactly: percentiles of percentiles mean nothing. */
export function createLatencies() {
  let values = new Float64Array(1 << 16);
  let count = 0;
  return {
    get count() {
      return count;
    },
    add(ms: number): void {
      if (count === values.length) {
        const larger = new Float64Array(count * 2);
        larger.set(values);
        values = larger;
      }
      values[count++] = ms;
    },
    percentiles(ranks: readonly number[]): number[] {
      const sorted = values.slice(0, count).sort();
      return ranks.map((rank) => sorted[Math.min(count - 1, Math.floor(rank * count))] ?? Number.NaN);
    },
  };
}
