import type { BusLag } from "../event-bus.ts";
import { createLoop, type Loop } from "../loop.ts";
import type { BusParts } from "../parts.ts";
import type { DeadLetterCount } from "../store/dead-letter-store.ts";

/** An event that waits in the outbox for longer is said aloud: an old transaction hides it, or the broker is away. */
const STALLED_MS = 60_000;

/** Tells every few seconds what waits. */
export function createGauges(parts: BusParts, lag: () => Promise<BusLag>): Loop {
  const { settings, clock, random, logger, observe, outbox, deadLetters } = parts;
  /** Series reported at the last reading: one that has become empty is reported as 0 once more. */
  let told: readonly DeadLetterCount[] = [];

  async function countDeadLetters(): Promise<void> {
    if (!deadLetters?.counts) return;
    const counts = await deadLetters.counts();
    const tell = ({ topic: name, group, count, oldestMs }: DeadLetterCount): void =>
      observe({ type: "dead_letters", name, group, count, oldestMs });
    for (const before of told) {
      if (!counts.some((one) => isSameLine(one, before))) tell({ ...before, count: 0, oldestMs: 0 });
    }
    for (const one of counts) tell(one);
    told = counts;
  }

  async function turn(): Promise<number> {
    if (outbox) {
      const { count, oldestMs } = await outbox.lag();
      observe({ type: "lag", of: "outbox", name: "", group: "", count, oldestMs });
      if (oldestMs > STALLED_MS) {
        const writer = "a transaction that has written is open for long, in any database of the server";
        const hint = `the broker is away, or ${writer} (pg_stat_activity.backend_xid)`;
        logger.warn({ waiting: count, oldestMs: Math.round(oldestMs) }, `the outbox is stalled: ${hint}`);
      }
    }
    await countDeadLetters();
    const { groups, queues } = await lag();
    for (const { event, ...of } of groups) observe({ type: "lag", of: "group", name: event, ...of });
    for (const { queue, ...of } of queues) {
      observe({ type: "lag", of: "queue", name: queue, group: `queue:${queue}`, ...of });
    }
    return settings.lagMs;
  }
  return createLoop({ name: "the measuring of lags", clock, random, logger, turn });
}

const isSameLine = (a: DeadLetterCount, b: DeadLetterCount): boolean => a.topic === b.topic && a.group === b.group;
