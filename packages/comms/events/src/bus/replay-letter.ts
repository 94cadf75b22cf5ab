import { neverAborts } from "@parley/core/internal";
import { handleEvent } from "../consume/handle-event.ts";
import type { ReplayLetter } from "../consume/replay.ts";
import type { EventDefinition } from "../definition/define-event.ts";
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

  return ({ group, topic, envelope }) => {
    if (group === OUTBOX_GROUP) return outbox && replayOutbox;
    if (group.startsWith(QUEUE_GROUP_PREFIX)) return work && replayJob;
    const registered = registrations.subscriptions.find(
      ({ subscription }) => subscription.group === group && isOf(subscription.event, topic, envelope.type),
    );
    return registered && replayEvent(registered);
  };
}

/** A letter that is older than the shared topic of its event has the event's name as its topic. */
function isOf({ name, topic }: EventDefinition, letterTopic: string, type: string): boolean {
  return letterTopic === name || (letterTopic === topic && type === name);
}
