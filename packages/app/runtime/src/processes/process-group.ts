import type { StopLimits, StopOutcome } from "../run/running.ts";
import type { Member } from "./supervised-process.ts";

/** All members of a system, started in order and stopped in the opposite order. */
export interface MemberGroup {
  readonly members: readonly Member[];
  /** Starts wave after wave, each when the one before answers. Resolves when all do; never, if stopped before. */
  start(): Promise<void>;
  /** From now on starts nothing, neither the waves that are left nor what dies. */
  retire(): void;
  /**
   * Retires the group; resolves when all are gone. `graceMs` is for all together: a wave waits for the calls of the one before, and
   * once the time is over the rest are stopped at once.
   */
  stop(limits: StopLimits & { readonly reason: string }): Promise<StopOutcome>;
}

export function createMemberGroup(
  order: readonly (readonly string[])[],
  create: (name: string) => Member,
): MemberGroup {
  const waves = order.map((names) => names.map(create));
  const started: Member[][] = [];
  let retired = false;
  const retire = (): void => {
    retired = true;
    for (const wave of started) for (const member of wave) member.retire();
  };
  return {
    members: waves.flat(),
    async start() {
      for (const wave of waves) {
        if (retired) return new Promise(() => {});
        started.push(wave);
        for (const member of wave) member.start();
        await Promise.all(wave.map((member) => member.ready));
      }
    },
    retire,
    async stop(limits) {
      retire();
      const untilMs = performance.now() + limits.graceMs;
      let outcome: StopOutcome = "drained";
      for (let wave = started.pop(); wave; wave = started.pop()) {
        const graceMs = Math.max(0, untilMs - performance.now());
        const together = graceMs > 0 ? wave : [...wave, ...started.splice(0).flat()];
        const ends = await Promise.all(together.map((member) => member.stop({ ...limits, graceMs })));
        if (ends.some((end) => end !== undefined && end.code !== 0)) outcome = "forced";
      }
      return outcome;
    },
  };
}
