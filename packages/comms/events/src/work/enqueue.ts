import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { currentContext, type Executor } from "@parley/core";
import { afterCommit } from "../after-commit.ts";
import { toContextAttributes } from "../context/context-attributes.ts";
import { checkNumbers, SPAN } from "../definition/check-numbers.ts";
import type { EnqueueOptions, QueueDefinition } from "../definition/define-queue.ts";
import { type BusParts, required } from "../parts.ts";
import type { NewJob } from "../store/work-store.ts";

export type Enqueue = <Desc extends DescMessage>(
  tx: Executor,
  queue: QueueDefinition<Desc>,
  payload: MessageInitShape<Desc>,
  options?: EnqueueOptions,
) => Promise<void>;

const PRIORITY = { min: -100, max: 100, kind: "whole" } as const;
/** Beside the context: milliseconds since the Unix epoch, so that a job's age is known. */
const ENQUEUED_AT = "enqueuedms";

/** Stores jobs and wakes the workers of this process when they are committed. */
export function createEnqueue(parts: BusParts, wakeWorkers: (queue: string) => void): Enqueue {
  const { service, clock, ids, codec } = parts;
  return async (tx, queue, payload, { priority = 0, delayMs } = {}) => {
    const work = required(parts.work, `enqueueing ${queue.name}`, service);
    checkNumbers(queue.name, { priority, delayMs }, { priority: PRIORITY, delayMs: SPAN });
    const message = codec.create(queue.schema, payload);
    const nowMs = clock.now();
    const job = {
      id: ids.traceId(),
      data: codec.encode(queue.schema, message, queue.int64),
      priority,
      notBeforeMs: delayMs === undefined ? undefined : nowMs + Math.ceil(delayMs),
      uniqueKey: queue.uniqueKeyOf(message),
      attributes: {
        ...toContextAttributes(currentContext(), { service, ids }),
        [ENQUEUED_AT]: String(nowMs),
      },
    };
    await work.enqueue(tx, queue.name, [job]);
    afterCommit(tx, () => wakeWorkers(queue.name));
  };
}

/** When a job was enqueued (Unix epoch, milliseconds); undefined where that is not known. */
export function enqueuedAtMsOf({ attributes }: Pick<NewJob, "attributes">): number | undefined {
  const enqueuedMs = Number(attributes[ENQUEUED_AT]);
  return Number.isSafeInteger(enqueuedMs) ? enqueuedMs : undefined;
}

/** How long ago a job was enqueued; 0 where that is not known. */
export function ageOfJob(job: Pick<NewJob, "attributes">, nowMs: number): number {
  return Math.max(0, nowMs - (enqueuedAtMsOf(job) ?? nowMs));
}
