import { neverAborts } from "@parley/core/internal";
import { handleEvent } from "../consume/handle-event.ts";
import type { ReplayLetter } from "../consume/replay.ts";
import type { BusParts } from "../parts.ts";
import { OUTBOX_GROUP } from "../relay/relay.ts";
import type { DeadLetter } from "../store/dead-letter-store.ts";
import { QUEUE_GROUP_PREFIX } from "../work/run-job.ts";
import type { RegisteredSubscription, Registrations } from "./registrations.ts";

/** What it means to replay a letter: handle the event, enqueue the job, or publish what the broker refused. */
export function createReplayLetter(
  parts: BusParts,
  registrations: Registrations,
): (letter: DeadLetter) => ReplayLetter | undefined {
  const { database, outbox, work } = parts;
  const replayEvent =
    ({ subscription, effect }: RegisteredSubscription): ReplayLetter =>
    async ({ topic, envelope, attempts }, claim) => {
      let claimed = false;
      await handleEvent(parts, subscription, effect, {
        topic,
        envelope,
        attempt: attempts + 1,
        signal: neverAborts,
        claim: async (tx) => {
          claimed = await claim(tx);
          return claimed;
        },
      });
      return claimed;
    };
  const replayJob: ReplayLetter = async ({ topic, envelope }, claim) =>
    (await database?.transaction(async (tx) => {
      const { priority = "0", ...attributes } = envelope.extensions;
      if (!(await claim(tx))) return false;
      await work?.enqueue(tx, topic, [
        { id: envelope.id, data: envelope.data, priority: Number(priority), attributes },
      ]);
      return true;
    })) ?? false;
  const replayOutbox: ReplayLetter = async ({ topic, envelope }, claim) =>
    (await database?.transaction(async (tx) => {
      if (!(await claim(tx))) return false;
      await outbox?.append(tx, topic, [envelope]);
      return true;
    })) ?? false;

  return ({ group, topic }) => {
    if (group === OUTBOX_GROUP) return outbox && replayOutbox;
    if (group.startsWith(QUEUE_GROUP_PREFIX)) return work && replayJob;
    const registered = registrations.subscriptions.find(
      ({ subscription }) => subscription.group === group && subscription.event.name === topic,
    );
    return registered && replayEvent(registered);
  };
}
