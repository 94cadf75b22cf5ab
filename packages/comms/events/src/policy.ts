import type { Backoff, ErrorCode } from "@parley/core";

/** How events of a name, or jobs of a queue, are handled. */
export interface EventPolicy {
  /** Attempts in all, the first included; then it is a dead letter. */
  readonly maxAttempts: number;
  /**
   * How long an event is tried again while its handler fails with UNAVAILABLE, counted from its first failure; then it is a dead
   * letter. Such attempts do not count towards `maxAttempts`, unless that is 1. Default 12 h: an outage that is noticed
   * in the morning buries nothing.
   */
  readonly outageLimitMs: number;
  readonly backoff: Backoff;
  /**
   * Codes that no repetition mends: such an error is a dead letter at once. By default those that say that the event
   * itself, or the handler's right to act on it, is at fault. NOT_FOUND is not among them, since what an event names may
   * arrive after it; nor INTERNAL, since a defect may be of the moment.
   */
  readonly terminalCodes: readonly ErrorCode[];
  /** Events handled at once by one process. Queues have their own: {@link WorkerOptions}. */
  readonly concurrency: number;
  /** How long one attempt may take. Default 30 s for an event, 15 min for a job. */
  readonly timeoutMs: number;
  /** How long the broker waits before it gives an event to another member. Default `timeoutMs` and 15 s. */
  readonly acknowledgeWithinMs?: number | undefined;
}

export const DEFAULT_EVENT_POLICY: EventPolicy = {
  maxAttempts: 5,
  outageLimitMs: 12 * 3_600_000,
  backoff: { initialMs: 1_000, maxMs: 30_000, multiplier: 2, jitter: "equal" },
  terminalCodes: [
    "INVALID_ARGUMENT",
    "FAILED_PRECONDITION",
    "ALREADY_EXISTS",
    "OUT_OF_RANGE",
    "PERMISSION_DENIED",
    "UNAUTHENTICATED",
    "UNIMPLEMENTED",
    "DATA_LOSS",
  ],
  concurrency: 8,
  timeoutMs: 30_000,
};

/** Of a job: work that is put on a queue is long. */
export const DEFAULT_JOB_TIMEOUT_MS = 15 * 60_000;

/** Beyond the limit of an attempt: for its commit and the acknowledgement. */
const ACKNOWLEDGE_MARGIN_MS = 15_000;

export function acknowledgeWithinMs({ timeoutMs, acknowledgeWithinMs: asked }: EventPolicy): number {
  return asked ?? timeoutMs + ACKNOWLEDGE_MARGIN_MS;
}

/** The pace of what the bus does by itself. */
export interface BusSettings {
  /** How often the outbox is looked at without being told. Default 1 s. */
  readonly outboxPollMs: number;
  /** Events taken from the outbox at once. Default 500. */
  readonly outboxBatch: number;
  /** How long a relay may hold what it took. Default 30 s. */
  readonly outboxLeaseMs: number;
  /** The longest wait while the broker is away. Default 4 s: once it is back, events go out within 5 s. */
  readonly outboxMaxBackoffMs: number;
  /** How long it is known that an event was handled. Default 7 days: longer than any broker keeps one. */
  readonly inboxRetentionMs: number;
  /** How often records that are too old are removed. Default 1 min. */
  readonly cleanUpMs: number;
  /** How often lags are measured. Default 10 s. */
  readonly lagMs: number;
  /** How often dead letters that wait for their replay are looked for. Default 1 s. */
  readonly replayPollMs: number;
  /** Dead letters handled again per second, unless a replay asks for another pace. Default 50. */
  readonly replayPerSecond: number;
  /** How often a queue is looked at without being told. Default 1 s. */
  readonly workPollMs: number;
}

const DAY_MS = 86_400_000;

export const DEFAULT_BUS_SETTINGS: BusSettings = {
  outboxPollMs: 1_000,
  outboxBatch: 500,
  outboxLeaseMs: 30_000,
  outboxMaxBackoffMs: 4_000,
  inboxRetentionMs: 7 * DAY_MS,
  cleanUpMs: 60_000,
  lagMs: 10_000,
  replayPollMs: 1_000,
  replayPerSecond: 50,
  workPollMs: 1_000,
};
