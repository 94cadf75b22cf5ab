import type { Backoff } from "@parley/core";
import { type EventRetrySettings, type EventsSettings, POLICY_SPEC } from "./policy-spec.ts";

/** How the events of one kind, or the jobs of one queue, are handled. */
export interface HandlingPolicy {
  /** Attempts in all, the first included. */
  readonly maxAttempts: number;
  readonly backoff: Backoff;
  /** The deadline of one handling. */
  readonly timeoutMs: number;
  /** Events that one subscription handles at once. */
  readonly concurrency: number;
}

export interface EventPolicies {
  ofEvent(name: string): HandlingPolicy;
  ofQueue(name: string): HandlingPolicy;
  readonly outboxPollMs: number;
  readonly inboxRetentionMs: number;
}

const { retry, timeout, concurrency, outboxPoll, inboxRetention } = POLICY_SPEC.fields.events.fields;

const DEFAULT_HANDLING: HandlingPolicy = {
  maxAttempts: retry.fields.maxAttempts.default,
  backoff: {
    initialMs: retry.fields.initialDelay.default,
    maxMs: retry.fields.maxDelay.default,
    multiplier: retry.fields.multiplier.default,
    jitter: retry.fields.jitter.default,
  },
  timeoutMs: timeout.default,
  concurrency: concurrency.default,
};

/** What the file says for the event or queue, else for all, else the default; setting by setting. */
export function createEventPolicies(settings: EventsSettings | undefined): EventPolicies {
  const base = refine(DEFAULT_HANDLING, settings);
  return {
    ofEvent: (name) => refine(base, settings?.perEvent?.get(name)),
    ofQueue: (name) => refine(base, settings?.perQueue?.get(name)),
    outboxPollMs: settings?.outboxPoll ?? outboxPoll.default,
    inboxRetentionMs: settings?.inboxRetention ?? inboxRetention.default,
  };
}

interface HandlingSettings {
  readonly retry?: EventRetrySettings | undefined;
  readonly timeout?: number | undefined;
  readonly concurrency?: number | undefined;
}

function refine(policy: HandlingPolicy, settings: HandlingSettings | undefined): HandlingPolicy {
  if (!settings) return policy;
  const { maxAttempts, initialDelay, maxDelay, multiplier, jitter } = settings.retry ?? {};
  const { backoff } = policy;
  return {
    maxAttempts: maxAttempts ?? policy.maxAttempts,
    backoff: {
      initialMs: initialDelay ?? backoff.initialMs,
      maxMs: maxDelay ?? backoff.maxMs,
      multiplier: multiplier ?? backoff.multiplier,
      jitter: jitter ?? backoff.jitter,
    },
    timeoutMs: settings.timeout ?? policy.timeoutMs,
    concurrency: settings.concurrency ?? policy.concurrency,
  };
}
