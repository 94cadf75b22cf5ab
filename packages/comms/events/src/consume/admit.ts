import type { Executor } from "@parley/core";
import type { Delivery } from "@parley/transport";
import type { BusParts } from "../parts.ts";
import { blockedLetter } from "./bury.ts";
import type { ResolvedSubscription } from "./subscription.ts";

/**
 * Whether an event is to be handled, in the transaction of its effects: then it is recorded as handled. One that must
 * wait behind a dead letter of its key becomes one here.
 */
export async function admit(
  { inbox, deadLetters, clock }: BusParts,
  subscription: ResolvedSubscription,
  { topic, envelope }: Pick<Delivery, "topic" | "envelope">,
  tx: Executor,
): Promise<"done" | "repeat" | "blocked"> {
  const { group } = subscription;
  const key = deadLetters ? subscription.lineOf(envelope) : undefined;
  const eventKey = subscription.inboxKeyOf(envelope);
  const outcome = await record();
  if (outcome === "blocked") {
    await deadLetters?.add(tx, blockedLetter({ group, topic, envelope, nowMs: clock.now() }));
  }
  return outcome === "recorded" ? "done" : outcome;

  async function record(): Promise<"recorded" | "repeat" | "blocked"> {
    if (key !== undefined) {
      if (inbox?.recordUnlessBlocked) return inbox.recordUnlessBlocked(tx, group, eventKey, { topic, key });
      if (await deadLetters?.blocks(tx, group, topic, key)) return "blocked";
    }
    return !inbox || (await inbox.record(tx, group, eventKey)) ? "recorded" : "repeat";
  }
}
