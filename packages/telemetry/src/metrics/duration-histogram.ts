import type { Histogram } from "@opentelemetry/sdk-metrics";
import { DURATION_BUCKETS } from "./definitions.ts";

const BOUNDARIES = [...DURATION_BUCKETS];

/** Counts durations. Recording one is a short search and three additions: no allocation. */
export class DurationHistogram {
  readonly #counts = new Array<number>(BOUNDARIES.length + 1).fill(0);
  #count = 0;
  #sum = 0;

  record(seconds: number): void {
    let bucket = 0;
    while (bucket < BOUNDARIES.length && seconds > (BOUNDARIES[bucket] as number)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#count += 1;
    this.#sum += seconds;
  }

  get count(): number {
    return this.#count;
  }

  /** The counts so far, as the SDK wants them. */
  snapshot(): Histogram {
    return { buckets: { boundaries: BOUNDARIES, counts: [...this.#counts] }, sum: this.#sum, count: this.#count };
  }
}
