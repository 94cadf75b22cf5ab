import type { BusLag } from "./event-bus.ts";
import { createLoop, type Loop } from "./loop.ts";
import type { BusParts } from "./parts.ts";

/** An event that waits in the outbox for longer is said aloud: an old transaction hides it, or the broker is away. */
const STALLED_MS = 60_000;

/** Tells every few seconds what waits. */
export function createGauges(parts: BusParts, lag: () => Promise<BusLag>): Loop {
  const { settings, clock, random, logger, observe, outbox } = parts;
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
    const { groups, queues } = await lag();
    for (const { event, group, count } of groups) observe({ type: "lag", of: "group", name: event, group, count });
    for (const { queue, count } of queues) {
      observe({ type: "lag", of: "queue", name: queue, group: `queue:${queue}`, count });
    }
    return settings.lagMs;
  }
  return createLoop({ name: "the measuring of lags", clock, random, logger, turn });
}
