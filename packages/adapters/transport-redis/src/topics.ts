import { type Clock, type Logger, sleep } from "@parley/core";
import type { StartPosition, TopicSpec } from "@parley/transport";
import type { Link, Reply, Session } from "./link.ts";
import { JOIN, runScript, TRIM } from "./scripts.ts";

/** The stream of a topic is the key of its very name: a plain client adds to it and reads it. */
export function streamOf(topic: string): string {
  return topic;
}

/** Who of a group reads a topic. In the hash slot of its stream. */
export function leaseOf(topic: string, group: string): string {
  return `{${topic}}:parley:${group}:lease`;
}

/** The id after which a reader begins. */
export function startIdOf(from: StartPosition): string {
  if (from === "earliest") return "0-0";
  if (from === "latest") return "$";
  return `${Math.max(0, Math.ceil(from.sinceMs) - 1)}-18446744073709551615`;
}

/** Makes the group and its stream unless they are there. */
export async function ensureGroup(session: Session, topic: string, group: string, startId: string): Promise<void> {
  await runScript(session, JOIN, [streamOf(topic)], [group, startId]);
}

const TRIM_EVERY_MS = 30_000;

/**
 * Trims the topics from time to time until the signal aborts. What a group has not settled stays, however old: it is
 * promised to that group. A group that nobody reads for any more is named, so that a person can remove it.
 */
export async function keepTrimmed(
  link: Link,
  topics: readonly TopicSpec[],
  { signal, logger, clock }: { readonly signal: AbortSignal; readonly logger: Logger; readonly clock: Clock },
): Promise<void> {
  const told = new Set<string>();
  while (!signal.aborted) {
    await sleep(TRIM_EVERY_MS, { signal, clock }).catch(() => {});
    for (const { name, retentionMs } of topics) {
      if (signal.aborted) return;
      try {
        const { heldBy, firstId } = await trimTopic(await link.session(signal), name, retentionMs);
        if (heldBy === undefined || told.has(`${name} ${heldBy}`)) continue;
        told.add(`${name} ${heldBy}`);
        logger.warn(
          { topic: name, group: heldBy, firstId, retentionMs },
          `group ${heldBy} has not settled events that are past the retention, so they stay; if it is no more: XGROUP DESTROY ${name} ${heldBy}`,
        );
      } catch (error) {
        if (!signal.aborted) logger.warn({ err: error, topic: name }, "could not trim a stream");
      }
    }
  }
}

export async function trimTopic(
  session: Session,
  topic: string,
  retentionMs: number,
): Promise<{ readonly trimmed: number; readonly heldBy: string | undefined; readonly firstId: string }> {
  const reply = (await runScript(session, TRIM, [streamOf(topic)], [String(retentionMs)])) as Reply[];
  return { trimmed: Number(reply[0]), heldBy: String(reply[1] ?? "") || undefined, firstId: String(reply[2] ?? "") };
}
