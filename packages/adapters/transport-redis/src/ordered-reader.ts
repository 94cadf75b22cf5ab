import type { Clock } from "@parley/core";
import { parseEntries } from "./envelope-headers.ts";
import { createHoldings } from "./holdings.ts";
import type { Reply, Session } from "./link.ts";
import type { Fetched, Reader, ReaderOptions } from "./reader.ts";
import { ACKNOWLEDGE, ACQUIRE, FETCH, RELEASE, RENEW, runScript, TAKE_OVER } from "./scripts.ts";
import { leaseOf, streamOf } from "./topics.ts";

/** All members of a group read as one consumer, since only the holder of the lease reads at all. */
const CONSUMER = "in-order";
const NOTHING: Fetched = { entries: [], more: false, waitFrom: undefined };

/**
 * Reads while it holds the lease of the group for the topic. Every read and acknowledgement checks the lease in the
 * server, in one script with what it does, so a member that was stopped and wakes up late can neither take an entry
 * nor settle one. A new holder first takes over what is unsettled, in order, and only then reads on.
 *
 * Streams per hash of the key would let several members work on one topic; but then a topic is no longer one key that
 * any client reads and adds to, or every entry is copied. Keys run side by side within the holder, and topics are
 * held by different members.
 */
export function createOrderedReader(options: ReaderOptions & { readonly clock: Clock }): Reader {
  const { topic, group, member, holdMs, clock } = options;
  const stream = streamOf(topic);
  const lease = leaseOf(topic, group);
  const holdings = createHoldings();
  let generation = 0;
  let token: string | undefined;
  let heldUntilMs = 0;
  /** What is unsettled is looked through from here; undefined when all of it is known. */
  let takeOverFrom: string | undefined;
  let session: Session | undefined;

  function lose(why: string): void {
    token = undefined;
    holdings.drop(why);
  }

  async function acquire(on: Session): Promise<boolean> {
    const candidate = `${member}:${generation + 1}`;
    const askedAtMs = clock.now();
    if (Number(await runScript(on, ACQUIRE, [lease], [candidate, String(holdMs)])) !== 1) return false;
    generation += 1;
    token = candidate;
    heldUntilMs = askedAtMs + holdMs;
    takeOverFrom = "-";
    return true;
  }

  async function takeOver(on: Session, held: string, count: number): Promise<Reply | null> {
    const args = [group, CONSUMER, String(count), held, takeOverFrom ?? "-"];
    const reply = await runScript(on, TAKE_OVER, [stream, lease], args);
    if (!Array.isArray(reply)) return null;
    takeOverFrom = Number(reply[0]) < count ? undefined : `(${String(reply[1])}`;
    return reply[2] ?? [];
  }

  return {
    topic,
    holdings,

    async fetch(on, count) {
      if (session !== on) {
        // An answer with entries may have been lost with the last connection.
        session = on;
        takeOverFrom = "-";
      }
      if (token === undefined && !(await acquire(on))) return NOTHING;
      const held = token as string;
      if (takeOverFrom !== undefined) {
        const reply = await takeOver(on, held, count);
        if (held !== token) return NOTHING;
        if (reply === null) return lost();
        const known = holdings.ids();
        const entries = parseEntries(reply).filter(({ id }) => !known.has(id));
        return { entries, more: true, waitFrom: undefined };
      }
      const reply = await runScript(on, FETCH, [stream, lease], [group, CONSUMER, String(count), held]);
      if (held !== token) return NOTHING;
      if (!Array.isArray(reply)) return lost();
      const entries = parseEntries(reply[0]);
      return { entries, more: entries.length > 0, waitFrom: String(reply[1]) };
    },

    async beat(on) {
      const held = token;
      if (held === undefined) return;
      const askedAtMs = clock.now();
      const renewed = on
        ? await runScript(on, RENEW, [lease], [held, String(holdMs)]).catch(() => undefined)
        : undefined;
      if (held !== token) return;
      if (Number(renewed) === 1) heldUntilMs = askedAtMs + holdMs;
      else if (renewed === 0 || clock.now() >= heldUntilMs) lost();
    },

    async acknowledge(on, claims) {
      const held = token;
      if (held === undefined) return;
      const reply = await runScript(
        on,
        ACKNOWLEDGE,
        [stream, lease],
        [group, CONSUMER, held, ...claims.map(({ id }) => id)],
      );
      if (held !== token) return;
      if (Number(reply) < 0) lost();
      else holdings.settle(claims);
    },

    async leave(on) {
      const held = token;
      lose("the consumer is closed");
      if (held !== undefined) await runScript(on, RELEASE, [lease], [held]);
    },
  };

  function lost(): Fetched {
    lose(`another member of ${group} reads ${topic} now`);
    return NOTHING;
  }
}
