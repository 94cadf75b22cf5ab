import type { Executor } from "@parley/core";

/** A piece of work to store. */
export interface NewJob {
  readonly id: string;
  readonly data: Uint8Array;
  /** Higher goes first. Default 0. */
  readonly priority: number;
  /** Not before this (Unix epoch, milliseconds); undefined is now. */
  readonly notBeforeMs?: number | undefined;
  /** While a job of the same queue and key waits, another with that key is not stored. */
  readonly uniqueKey?: string | undefined;
  /** Context attributes: `traceparent`, `correlationid`, `tenant`, `caller`. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** A job that a worker holds. */
export interface LeasedJob extends NewJob {
  /** 1 at first. */
  readonly attempt: number;
  /** Fences the lease: only its holder can settle. */
  readonly lease: string;
}

/** A job that goes back to its queue. */
export interface JobRetry {
  readonly retryAtMs: number;
  /** In place of those that it has. Default they stay. */
  readonly attributes?: NewJob["attributes"] | undefined;
}

/**
 * Work queues in a service's own database: a job is enqueued in the transaction that asks for it, and its effects and
 * its completion commit together.
 */
export interface WorkStore {
  /** All in one statement, so that a database may be given too. */
  enqueue(tx: Executor, queue: string, jobs: readonly NewJob[]): Promise<void>;
  /**
   * By priority, then by age; of very many delayed jobs that are due together, those that have been due longest compete.
   * Leases of workers that died run out by themselves and count as an attempt.
   */
  lease(
    queue: string,
    options: { readonly limit: number; readonly leaseMs: number; readonly signal: AbortSignal },
  ): Promise<readonly LeasedJob[]>;
  /**
   * In the transaction of the job's effects. False if the lease is no longer held: roll back, another has it.
   */
  settle(tx: Executor, queue: string, job: LeasedJob, outcome: "done" | JobRetry): Promise<boolean>;
  /**
   * Holds a job for `leaseMs` from now; false if the lease is no longer held. Where a store lacks it, a job must end
   * within its first lease.
   */
  renew?(queue: string, job: LeasedJob, leaseMs: number): Promise<boolean>;
  /**
   * Completes jobs whose handlers wrote nothing here, in one statement. Those whose lease is no longer held are left.
   * Where a store lacks it, they are settled one by one in one transaction.
   */
  complete?(queue: string, jobs: readonly LeasedJob[]): Promise<void>;
  /** Jobs that are due or held. */
  length(queue: string): Promise<number>;
  /**
   * {@link length}, and how long the oldest of them has waited (milliseconds): since it was enqueued or, if that is later, became
   * due. Where a store lacks it, the age of a queue is not known.
   */
  lag?(queue: string): Promise<{ readonly count: number; readonly oldestMs: number }>;
  /** Calls `onWork` when jobs may have come, from any process: a hint, so that workers need not poll often. */
  watch(onWork: (queue: string | undefined) => void): Promise<{ close(): Promise<void> }>;
}
