/**
 * How much of a fault a test makes: little in each run, so that all of them take minutes; in full (`PARLEY_FAULTS=full`) as
 * often and as long as it would go on in earnest.
 */
export function atScale(usual: number, full: number): number {
  return process.env.PARLEY_FAULTS === "full" ? full : usual;
}
