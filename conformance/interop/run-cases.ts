import { say } from "../suite.ts";

/** Runs cases one after the other. @returns how many failed. */
export async function runCases(
  title: string,
  cases: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<number> {
  const names = Object.keys(cases);
  let failed = 0;
  for (const name of names) {
    try {
      await cases[name]?.();
    } catch (error) {
      failed += 1;
      say(`FAILED  ${title}: ${name}\n  ${(error as Error).message.replaceAll("\n", "\n  ")}`);
    }
  }
  say(`${title.padEnd(64)} ${names.length - failed} of ${names.length}`);
  return failed;
}
