import type { ConsumerInfo } from "@nats-io/jetstream";
import { type Clock, sleep } from "@parley/core";
import type { Deliveries } from "./deliveries.ts";

export interface TakeoverSettings {
  readonly info: () => Promise<ConsumerInfo>;
  /** Those of this member. */
  readonly deliveries: Pick<Deliveries, "size" | "settled">;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

const FIRST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 500;

/**
 * Resolves when every unsettled event of the group is with this member.
 *
 * When the broker pins another member, it sends that one new events at once, while events of the same keys may still be
 * unsettled at the member before it: order would break exactly when a process dies. So the new member holds all that it
 * gets, and keeps it alive, until the broker counts no more unsettled events than it holds. By then those of the member
 * before have been acknowledged, or have come here again.
 *
 * The count is compared with what was held before it was asked for, and only if nothing was settled meanwhile: what is
 * held then is a part of what the broker counted, so equal numbers are equal sets.
 */
export async function waitForPredecessor({ info, deliveries, signal, clock }: TakeoverSettings): Promise<void> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    const [held, settledBefore] = [deliveries.size, deliveries.settled];
    const counted = await info().then(
      ({ num_ack_pending }) => num_ack_pending,
      // Not reachable now: asked again.
      () => undefined,
    );
    signal.throwIfAborted();
    if (counted !== undefined && counted <= held && deliveries.settled === settledBefore) return;
    await sleep(waitMs, { signal, clock });
  }
}
