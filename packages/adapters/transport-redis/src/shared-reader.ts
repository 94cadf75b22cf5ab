import type { Clock } from "@parley/core";
import { type Entry, parseEntries } from "./envelope-headers.ts";
import { createHoldings } from "./holdings.ts";
import type { Session } from "./link.ts";
import type { Reader, ReaderOptions } from "./reader.ts";
import { ACKNOWLEDGE, BURY, FETCH, LEAVE, runScript, SWEEP, TOUCH } from "./scripts.ts";
import { leaseOf, streamOf } from "./topics.ts";

const SWEEP_EVERY_MS = 1_000;
/** A consumer that lives asks twice a second. */
const DEAD_AFTER_MS = 3_600_000;
/** Marks an entry as given back: idle for longer than any member's patience. */
const GIVEN_BACK_MS = 365 * 86_400_000;
const NO_LEASE = "";

/**
 * Reads beside the other members, each entry at one of them. What a member works on it touches again and again; what
 * nobody has touched for `holdMs` is claimed by whoever sweeps next, and the late acknowledgement of the first is refused.
 */
export function createSharedReader(options: ReaderOptions & { readonly clock: Clock }): Reader {
  const { topic, group, member, holdMs, clock } = options;
  const stream = streamOf(topic);
  const keys = [stream, leaseOf(topic, group)];
  const holdings = createHoldings();
  let sweptAtMs = Number.NEGATIVE_INFINITY;
  let cursor = "0-0";
  let buried = false;

  async function sweep(session: Session, count: number): Promise<Entry[]> {
    if (clock.now() - sweptAtMs < SWEEP_EVERY_MS) return [];
    const reply = await runScript(session, SWEEP, [stream], [group, member, String(count), String(holdMs), cursor]);
    if (!Array.isArray(reply)) return [];
    cursor = String(reply[0]);
    if (cursor === "0-0") sweptAtMs = clock.now();
    const known = holdings.ids();
    return parseEntries(reply[1]).filter(({ id }) => !known.has(id));
  }

  return {
    topic,
    holdings,

    async fetch(session, count) {
      if (!buried) {
        await runScript(session, BURY, [stream], [group, String(DEAD_AFTER_MS)]);
        buried = true;
      }
      const swept = await sweep(session, count);
      if (swept.length > 0) return { entries: swept, more: true, waitFrom: undefined };
      const reply = await runScript(session, FETCH, keys, [group, member, String(count), NO_LEASE]);
      const [fresh, last] = Array.isArray(reply) ? reply : [];
      const entries = parseEntries(fresh);
      return { entries, more: entries.length > 0, waitFrom: last === undefined ? undefined : String(last) };
    },

    async beat(session) {
      const ids = holdings.open();
      if (!session || ids.length === 0) return;
      const lost = await runScript(session, TOUCH, [stream], [group, member, "0", ...ids]);
      if (Array.isArray(lost) && lost.length > 0) {
        holdings.drop(`another member of ${group} has it now`, new Set(lost.map(String)));
      }
    },

    async acknowledge(session, claims) {
      await runScript(session, ACKNOWLEDGE, keys, [group, member, NO_LEASE, ...claims.map(({ id }) => id)]);
      holdings.settle(claims);
    },

    async leave(session) {
      const ids = holdings.open();
      holdings.drop("the consumer is closed");
      if (ids.length > 0) await runScript(session, TOUCH, [stream], [group, member, String(GIVEN_BACK_MS), ...ids]);
      await runScript(session, LEAVE, [stream], [group, member]);
    },
  };
}
