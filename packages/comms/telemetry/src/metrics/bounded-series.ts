/** What stands in a label for everything over the limit. */
export const OTHER = "other";

/**
 * At most this many series per table. A contract has tens of methods; a caller who can make up names must not be able to
 * fill the memory or the monitoring system.
 */
export const MAX_SERIES = 1_000;

/** Finds or makes the series of a key; keys over the limit share one. */
export interface SeriesTable<K, V> extends Iterable<V> {
  get(key: K): V;
}

export function createSeriesTable<K, V>(
  create: (key: K) => V,
  createOther: () => V,
  limit: number = MAX_SERIES,
): SeriesTable<K, V> {
  const series = new Map<K, V>();
  let other: V | undefined;
  return {
    get(key) {
      const found = series.get(key);
      if (found !== undefined) return found;
      if (series.size >= limit) {
        other ??= createOther();
        return other;
      }
      const made = create(key);
      series.set(key, made);
      return made;
    },
    *[Symbol.iterator]() {
      yield* series.values();
      if (other !== undefined) yield other;
    },
  };
}
