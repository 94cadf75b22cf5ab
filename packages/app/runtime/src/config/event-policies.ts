import { type BusSettings, DEFAULT_BUS_SETTINGS, DEFAULT_EVENT_POLICY, type EventPolicy } from "@parley/events";
import type { EventRetrySettings, EventsSettings } from "parleyjs/internal";

export interface EventPolicies {
  ofEvent(name: string): EventPolicy;
  ofQueue(name: string): EventPolicy;
  readonly bus: BusSettings;
}

/** What the file says for the event or queue, else for all, else the default; setting by setting. */
export function createEventPolicies(settings: EventsSettings | undefined): EventPolicies {
  const base = refine(DEFAULT_EVENT_POLICY, settings);
  return {
    ofEvent: (name) => refine(base, settings?.perEvent?.get(name)),
    ofQueue: (name) => refine(base, settings?.perQueue?.get(name)),
    bus: {
      ...DEFAULT_BUS_SETTINGS,
      outboxPollMs: settings?.outboxPoll ?? DEFAULT_BUS_SETTINGS.outboxPollMs,
      inboxRetentionMs: settings?.inboxRetention ?? DEFAULT_BUS_SETTINGS.inboxRetentionMs,
    },
  };
}

interface HandlingSettings {
  readonly retry?: EventRetrySettings | undefined;
  readonly timeout?: number | undefined;
  readonly concurrency?: number | undefined;
}

function refine(policy: EventPolicy, settings: HandlingSettings | undefined): EventPolicy {
  if (!settings) return policy;
  const { maxAttempts, outageLimit, initialDelay, maxDelay, multiplier, jitter } = settings.retry ?? {};
  const { backoff } = policy;
  return {
    ...policy,
    maxAttempts: maxAttempts ?? policy.maxAttempts,
    outageLimitMs: outageLimit ?? policy.outageLimitMs,
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
