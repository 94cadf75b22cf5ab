import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  DeliverPolicy,
  type JetStreamManager,
  ReplayPolicy,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { ParleyError } from "@parley/core";
import type { StartPosition, Subscription } from "@parley/transport";
import { isNotFound } from "./errors.ts";
import { consumerName } from "./names.ts";

/** All members of a group ask in this one priority group of their consumer. */
export const PRIORITY_GROUP = "parley";
/** Unsettled at once in a group that keeps order: what a new member must be able to hold while it takes over. */
export const MAX_ORDERED_PENDING = 256;
const MAX_UNORDERED_PENDING = 10_000;

export interface GroupConsumerSettings {
  readonly manager: JetStreamManager;
  readonly stream: string;
  readonly topic: string;
  readonly group: string;
  readonly subscription: Subscription;
  /** Whether the server can pin a member (2.11 and later). */
  readonly canPin: boolean;
}

/** A key that waits for its retry must not stop the others: so far they are looked ahead for. */
const LOOK_AHEAD_PER_HANDLER = 16;
const RENEWALS_PER_WAIT = 3;

/** Whether the server can pin one member of a group at a time. */
export function serverCanPin(version = "0"): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 11);
}

/** How many events a member has at once, with handlers and waiting for them. */
export function lookAheadOf({ ordering, concurrency }: Subscription, canPin: boolean): number {
  if (ordering === "none") return concurrency * 2;
  return canPin ? Math.min(concurrency * LOOK_AHEAD_PER_HANDLER, MAX_ORDERED_PENDING) : 1;
}

/** How often a member tells that it lives and works; one that is pinned must be heard of within the pin's time too. */
export function renewEveryMs(subscription: Subscription, isPinning: boolean): number {
  const { acknowledgeWithinMs } = subscription;
  const limitMs = isPinning ? Math.min(acknowledgeWithinMs, pinTimeoutMs(subscription)) : acknowledgeWithinMs;
  return limitMs / RENEWALS_PER_WAIT;
}

/** How long a pinned member may be silent before another takes over. */
function pinTimeoutMs({ acknowledgeWithinMs }: Subscription): number {
  return Math.min(Math.max(acknowledgeWithinMs / 2, 1_000), 10_000);
}

/**
 * The durable consumer of a group: finds it, or makes it where the subscription begins. When it was deleted since, it is
 * made again after the last place that the group is known to have finished, so that nothing is left out.
 */
export async function ensureGroupConsumer(
  settings: GroupConsumerSettings,
  finishedSequence: number | undefined,
): Promise<ConsumerInfo> {
  const { manager, stream, topic, group, subscription } = settings;
  const name = consumerName(group, topic);
  const start = finishedSequence === undefined ? startOf(subscription.from) : startAfter(finishedSequence);
  const wanted = { ...groupConfig(settings), ...start };
  const existing = await infoOf(manager, stream, name);
  if (!existing) {
    try {
      return await manager.consumers.add(stream, { ...wanted, durable_name: name, name });
    } catch (error) {
      // Another member was faster, and may begin elsewhere.
      const made = await infoOf(manager, stream, name);
      if (made) return made;
      throw error;
    }
  }
  return await adapt(settings, existing);
}

async function adapt(settings: GroupConsumerSettings, existing: ConsumerInfo): Promise<ConsumerInfo> {
  const { manager, stream, group } = settings;
  const wanted = groupConfig(settings);
  const { config } = existing;
  if ((config.priority_policy ?? "none") !== (wanted.priority_policy ?? "none")) {
    throw new ParleyError(
      "FAILED_PRECONDITION",
      `group "${group}" was made with another ordering, and NATS cannot change that: use another name, or end its members and remove consumer ${existing.name} of stream ${stream}`,
    );
  }
  const changes = (["ack_wait", "max_ack_pending", "priority_timeout"] as const).filter(
    (setting) => wanted[setting] !== undefined && config[setting] !== wanted[setting],
  );
  if (changes.length === 0) return existing;
  return await manager.consumers.update(stream, existing.name, { ...config, ...wanted });
}

async function infoOf(manager: JetStreamManager, stream: string, name: string): Promise<ConsumerInfo | undefined> {
  try {
    return await manager.consumers.info(stream, name);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function groupConfig({ topic, group, subscription, canPin }: GroupConsumerSettings): Partial<ConsumerConfig> {
  const common: Partial<ConsumerConfig> = {
    description: `group ${group}`,
    filter_subject: topic,
    ack_policy: AckPolicy.Explicit,
    replay_policy: ReplayPolicy.Instant,
    ack_wait: nanos(subscription.acknowledgeWithinMs),
    // Who gives up on an event, and when, is the bus's to say: the server would drop it without a word.
    max_deliver: -1,
  };
  if (subscription.ordering === "none") return { ...common, max_ack_pending: MAX_UNORDERED_PENDING };
  // An older server keeps order only by one unsettled event for the whole group.
  if (!canPin) return { ...common, max_ack_pending: 1 };
  return {
    ...common,
    max_ack_pending: MAX_ORDERED_PENDING,
    priority_policy: "pinned_client",
    priority_groups: [PRIORITY_GROUP],
    priority_timeout: nanos(pinTimeoutMs(subscription)),
  };
}

export function startOf(from: StartPosition): Partial<ConsumerConfig> {
  if (from === "earliest") return { deliver_policy: DeliverPolicy.All };
  if (from === "latest") return { deliver_policy: DeliverPolicy.New };
  return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(from.sinceMs).toISOString() };
}

export function startAfter(sequence: number): Partial<ConsumerConfig> {
  return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: sequence + 1 };
}
