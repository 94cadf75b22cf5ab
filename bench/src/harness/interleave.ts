import type { Measurement } from "./closed-loop.ts";

/** A measurement with the CPU time of the side that was measured. */
export interface Run extends Measurement {
  /** CPU time of the server (or gateway) process per unit. */
  readonly serverCpuUs: number;
}

export interface Contestant {
  readonly name: string;
  measure(load: { readonly inFlight: number; readonly durationMs: number }): Promise<Run>;
}

export interface Plan {
  readonly runs: number;
  readonly durationMs: number;
  readonly warmUpMs: number;
  readonly inFlight: readonly number[];
}

/** The runs of each contestant at each load. */
export type Results = ReadonlyMap<string, ReadonlyMap<number, readonly Run[]>>;

/**
 * Measures all contestants in turns (ABC, BCA, CAB, …), so that what else the machine does in these minutes, and who
 * came before whom, falls on all alike. Processes stay up between the runs: each is measured warm.
 */
export async function interleave(
  contestants: readonly Contestant[],
  { runs, durationMs, warmUpMs, inFlight }: Plan,
  progress: (text: string) => void,
): Promise<Results> {
  for (const contestant of contestants) {
    progress(`warming up ${contestant.name}`);
    for (const load of inFlight) await contestant.measure({ inFlight: load, durationMs: warmUpMs });
  }
  const results = new Map(
    contestants.map(({ name }) => [name, new Map<number, Run[]>(inFlight.map((load) => [load, []]))]),
  );
  for (let run = 0; run < runs; run++) {
    const turn = run % contestants.length;
    for (const load of inFlight) {
      for (const contestant of [...contestants.slice(turn), ...contestants.slice(0, turn)]) {
        progress(`run ${run + 1} of ${runs}, ${load} in flight: ${contestant.name}`);
        results
          .get(contestant.name)
          ?.get(load)
          ?.push(await contestant.measure({ inFlight: load, durationMs }));
      }
    }
  }
  return results;
}
