import { type Database, type Executor, ParleyError, toParleyError } from "@parley/core";
import { type ConsumeHandler, type ConsumptionOutcome, withDeadline } from "@parley/core/internal";
import { JSON_CONTENT_TYPE } from "../codec/payload-codec.ts";
import { JobAttempt } from "../consume/attempt-context.ts";
import { failureReason } from "../consume/failure-reason.ts";
import { isFinal, isOfSurroundings, isOutage, retryDelayMs } from "../consume/failures.ts";
import { HandlerFailure, HandlerWatch, withoutMark } from "../consume/handler-failure.ts";
import { correlationOf, fromContextAttributes } from "../context/context-attributes.ts";
import type { JobContext } from "../event-bus.ts";
import type { BusParts } from "../parts.ts";
import type { EventPolicy } from "../policy.ts";
import type { LeasedJob, NewJob, WorkStore } from "../store/work-store.ts";
import type { Completions } from "./completions.ts";
import { ageOfJob, enqueuedAtMsOf } from "./enqueue.ts";
import { failuresOf, withFailures, withoutFailures } from "./job-failures.ts";
import { createLazyTransaction } from "./lazy-transaction.ts";
import type { LeaseKeeper } from "./lease-keeper.ts";

/** Calls the handler of a queue. */
export type BoundJobHandler = (job: LeasedJob, context: JobContext) => Promise<void>;

export interface RunJobParts extends BusParts {
  readonly database: Database;
  readonly work: WorkStore;
}

export interface WorkedQueue {
  readonly name: string;
  readonly policy: EventPolicy;
  readonly effect: BoundJobHandler;
  readonly completions: Completions;
}

/** The group of a queue's dead letters. */
export function queueGroup(queue: string): string {
  return `${QUEUE_GROUP_PREFIX}${queue}`;
}
export const QUEUE_GROUP_PREFIX = "queue:";

/**
 * Runs one job: its effects and its end commit together. Never rejects; what cannot be settled comes again.
 * `onHandled` is called once the handler and what it wrote are through: only the job's end may still be on its way.
 */
export async function runJob(
  parts: RunJobParts,
  queue: WorkedQueue,
  lease: LeaseKeeper,
  onHandled: () => void,
): Promise<void> {
  const { job } = lease;
  const { database, clock, ids, logger, observe, work } = parts;
  const { name, policy } = queue;
  const group = queueGroup(name);
  const startMs = performance.now();
  const watch = new HandlerWatch();
  const lazy = createLazyTransaction(database, lease.lost);
  const innermost: ConsumeHandler = ({ context }) =>
    withDeadline(
      context,
      (limited) => watch.handler(() => queue.effect(job, new JobAttempt(job.id, lazy.tx, job.attempt, limited))),
      clock,
    );
  const run = parts.interceptors.reduceRight((next, interceptor) => interceptor(next), innermost);
  const { timeoutMs } = policy;
  const { context, origin } = fromContextAttributes(job.attributes, {
    ids,
    clock,
    timeoutMs,
    handledId: job.id,
    signal: lease.lost,
  });

  const tell = (outcome: ConsumptionOutcome, error?: ParleyError): void => {
    const durationMs = performance.now() - startMs;
    const code = error?.code ?? "OK";
    const ageMs = ageOfJob(job, clock.now());
    observe({ type: "handled", kind: "job", name, group, outcome, code, durationMs, ageMs });
    if (outcome !== "dead") return;
    const correlationId = correlationOf(job.attributes);
    const fields = { queue: name, id: job.id, attempt: job.attempt, code, correlationId };
    logger.error({ ...fields, error: error?.message, err: error?.cause }, "the job is a dead letter");
  };

  try {
    await watch.around(run({ kind: "job", name, group, id: job.id, attempt: job.attempt, context, origin }));
    if (lazy.hasBegun) {
      if (!(await work.settle(lazy.tx, name, job, "done"))) throw leaseLost(name, job);
      await lazy.commit();
    } else {
      await lazy.commit();
      onHandled();
      await queue.completions.add(job);
    }
    tell("done");
  } catch (thrown) {
    await lazy.rollback(thrown);
    const error = toParleyError(withoutMark(thrown));
    tell(await settleFailure(parts, queue, { error, isOfHandler: thrown instanceof HandlerFailure, lease }), error);
  }
}

async function settleFailure(
  parts: RunJobParts,
  { name, policy }: WorkedQueue,
  failed: {
    readonly error: ParleyError;
    readonly isOfHandler: boolean;
    readonly lease: LeaseKeeper;
  },
): Promise<"retry" | "dead"> {
  const { database, work, deadLetters, clock, random, logger, service } = parts;
  const { error, isOfHandler, lease } = failed;
  const { job } = lease;
  // A job that was taken away is its new holder's to settle.
  if (lease.lost.aborted) return "retry";
  const counts = isOfHandler || !isOfSurroundings(error);
  const before = failuresOf(job);
  const firstFailedAtMs = before.firstFailedAtMs ?? clock.now();
  const outages = before.outages + (counts && !isOutage(error) ? 0 : 1);
  const history = { attempts: job.attempt, outages, failingForMs: clock.now() - firstFailedAtMs };
  const dead = counts && deadLetters !== undefined && isFinal(error, history, policy);
  const settle = async (tx: Executor): Promise<void> => {
    const now = clock.now();
    if (dead) {
      await deadLetters.add(tx, {
        group: queueGroup(name),
        topic: name,
        envelope: letterOf(job, { queue: name, service, nowMs: now }),
        reason: failureReason(error),
        attempts: job.attempt,
        firstFailedAtMs,
        deadAtMs: now,
      });
    }
    const retryAtMs = now + retryDelayMs(error, job.attempt, policy, random);
    const attributes = withFailures(job, { outages, firstFailedAtMs });
    const outcome = dead ? "done" : { retryAtMs, attributes };
    if (!(await work.settle(tx, name, job, outcome))) throw leaseLost(name, job);
  };
  try {
    await database.transaction(settle);
    if (!isOfHandler && !dead) {
      const fields = { queue: name, id: job.id, attempt: job.attempt, code: error.code, error: error.message };
      logger.warn({ ...fields, err: error.cause }, "what surrounds the handler of a job failed: it is tried again");
    }
    return dead ? "dead" : "retry";
  } catch (thrown) {
    const { code, message } = toParleyError(thrown);
    logger.warn(
      { queue: name, id: job.id, code, error: message },
      "a failed job cannot be settled: its lease runs out",
    );
    return "retry";
  }
}

function leaseLost(queue: string, job: LeasedJob): ParleyError {
  return new ParleyError("ABORTED", `job ${job.id} of ${queue} is no longer held: another worker has it`);
}

/** A job as its dead letter keeps it. */
function letterOf(job: NewJob, { queue, service, nowMs }: { queue: string; service: string; nowMs: number }) {
  return {
    id: job.id,
    source: `/${service}`,
    type: queue,
    timeMs: enqueuedAtMsOf(job) ?? nowMs,
    contentType: JSON_CONTENT_TYPE,
    extensions: { ...withoutFailures(job), ...(job.priority === 0 ? {} : { priority: String(job.priority) }) },
    data: job.data,
  };
}
