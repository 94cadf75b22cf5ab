/** A suite of tests that others wrote, or that is too long for `npm test`. It prints its own counts. */
export interface Suite {
  readonly summary: string;
  /** @returns whether everything went as it should. @throws Error that says why the suite could not run. */
  run(args: readonly string[]): Promise<boolean>;
}

/** A line for whoever runs the suite. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
