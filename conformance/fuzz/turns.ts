import { setImmediate as turn } from "node:timers/promises";

/** More turns of the event loop than any ending takes; counted, because a fuzzed clock does not move by itself. */
const MAX_TURNS = 500;

/** Waits a bounded number of turns. @throws Error that names what did not come. */
export async function untilTrue(what: string, holds: () => boolean): Promise<void> {
  for (let turns = 0; turns < MAX_TURNS; turns++) {
    if (holds()) return;
    await turn();
  }
  throw new Error(`${what}: not within ${MAX_TURNS} turns of the event loop`);
}

export { turn };
