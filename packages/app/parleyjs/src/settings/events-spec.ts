import type { SectionSpec, ValueOf } from "./spec.ts";

// The defaults are those of the bus, written out so that the command need not load it; a test holds the two together.
const eventRetrySpec = {
  kind: "section",
  about: "When and how often an event or job that failed is handled again, before it becomes a dead letter.",
  fields: {
    maxAttempts: {
      kind: "integer",
      about: "Attempts in all, the first included; 1 turns retries off.",
      min: 1,
      max: 1_000,
      default: 5,
    },
    outageLimit: {
      kind: "duration",
      about: "How long it is tried while what its handler needs is UNAVAILABLE; such attempts do not count.",
      default: 43_200_000,
    },
    initialDelay: { kind: "duration", about: "The wait before the second attempt, before jitter.", default: 1_000 },
    maxDelay: { kind: "duration", about: "No wait is longer, before jitter.", default: 30_000 },
    multiplier: {
      kind: "number",
      about: "Each wait is this many times the one before.",
      min: 1,
      max: 10,
      default: 2,
    },
    jitter: {
      kind: "choice",
      about: "full draws each wait from 0 to its length, equal from half of it on, none keeps it.",
      values: ["full", "equal", "none"],
      default: "equal",
    },
  },
} as const satisfies SectionSpec;

/** What can differ per event and per queue. */
const handlingFields = {
  retry: eventRetrySpec,
  timeout: { kind: "duration", about: "The deadline of one handling.", default: 30_000 },
} as const satisfies SectionSpec["fields"];

/** What a policy file can say of events and jobs. */
export const eventsSpec = {
  kind: "section",
  about: "How events and jobs are handled, sent and remembered.",
  fields: {
    ...handlingFields,
    concurrency: {
      kind: "integer",
      about: "Events that one subscription handles at once.",
      min: 1,
      max: 1_000,
      default: 8,
    },
    outboxPoll: {
      kind: "duration",
      about: "How often the outbox is looked at when nothing wakes its relay.",
      default: 1_000,
    },
    inboxRetention: {
      kind: "duration",
      about: "How long it is remembered that an event was handled; a repeat that comes later is handled again.",
      default: 604_800_000,
    },
    perEvent: {
      kind: "entries",
      about: "What differs for the subscriptions to one event.",
      names: "the name of an event, such as assignments.created",
      of: {
        kind: "section",
        about: "What differs for this event.",
        fields: {
          retry: eventRetrySpec,
          timeout: { kind: "duration", about: "The deadline of one handling." },
          concurrency: { kind: "integer", about: "Events handled at once.", min: 1, max: 1_000 },
        },
      },
    },
    perQueue: {
      kind: "entries",
      about: "What differs for the jobs of one queue.",
      names: "the name of a queue, such as similarity-reports",
      of: {
        kind: "section",
        about: "What differs for this queue.",
        fields: { retry: eventRetrySpec, timeout: { kind: "duration", about: "The deadline of one job." } },
      },
    },
  },
} as const satisfies SectionSpec;

export type EventsSettings = ValueOf<typeof eventsSpec>;
export type EventRetrySettings = ValueOf<typeof eventRetrySpec>;
