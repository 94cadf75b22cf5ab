/** Monotonic milliseconds with fractions. An option of whatever measures, so that tests own the time. */
export type Stopwatch = () => number;

/** The process's monotonic clock: unlike `Date.now()` it has fractions and never jumps. */
export const processStopwatch: Stopwatch = () => performance.now();
