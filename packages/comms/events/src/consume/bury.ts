import { timeLimit } from "@parley/core/internal";
import type { Envelope } from "@parley/transport";
import type { EventDefinition } from "../definition/define-event.ts";
import type { BusParts } from "../parts.ts";
import type { DeadLetter } from "../store/dead-letter-store.ts";
import { failureReason } from "./failure-reason.ts";
import type { Failure } from "./failures.ts";

/** The code of a letter that only waits behind another of its key. */
export const BLOCKED = "BLOCKED";

/** Characters of a key in a message for people; the envelope has all of it. */
const SHOWN_OF_KEY = 100;

export type NewLetter = Omit<DeadLetter, "id" | "state">;

export function blockedLetter({
  group,
  topic,
  envelope,
  nowMs,
}: {
  readonly group: string;
  readonly topic: string;
  readonly envelope: Envelope;
  readonly nowMs: number;
}): NewLetter {
  const message = `waits behind a dead letter of its key ${JSON.stringify(envelope.key?.slice(0, SHOWN_OF_KEY))}`;
  return {
    group,
    topic,
    envelope,
    reason: { code: BLOCKED, message },
    attempts: 0,
    firstFailedAtMs: nowMs,
    deadAtMs: nowMs,
  };
}

/** Where a group without a database puts its dead letters: an ordinary topic, for whoever looks. */
export function deadTopicOf(event: Pick<EventDefinition, "topic">, group: string): string {
  return `${event.topic}.dead.${group}`;
}

const BURY_TIMEOUT_MS = 10_000;

/**
 * Puts an event among the dead letters. Resolves when it is there for certain; until then nothing may be acknowledged.
 * Without a store it is published to {@link deadTopicOf}, with the reason as attributes.
 */
export async function bury(
  { database, deadLetters, transport, clock }: BusParts,
  { group, topic, envelope }: Pick<DeadLetter, "group" | "topic" | "envelope">,
  { error, attempts, firstFailedAtMs }: Failure,
): Promise<void> {
  const deadAtMs = clock.now();
  const reason = failureReason(error);
  if (database && deadLetters) {
    const letter = { group, topic, envelope, reason, attempts, firstFailedAtMs, deadAtMs };
    await database.transaction((tx) => deadLetters.add(tx, letter));
    return;
  }
  const extensions = {
    ...envelope.extensions,
    deadcode: reason.code,
    deadreason: reason.message,
    deadattempts: String(attempts),
    deadgroup: group,
    deadtime: new Date(deadAtMs).toISOString(),
  };
  const { signal, release } = timeLimit(BURY_TIMEOUT_MS, { clock });
  try {
    await transport.publish(deadTopicOf({ topic }, group), [{ ...envelope, extensions }], { signal });
  } finally {
    release();
  }
}
