import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { invalidArgument } from "@parley/core";
import { type EventInt64, int64Problem } from "./event-int64.ts";

export interface QueueOptions<Desc extends DescMessage> {
  /** Lower-case words joined by `.` or `-`: `similarity-reports`. */
  readonly name: string;
  readonly schema: Desc;
  /** How the JSON of a job writes 64-bit integers, as for an event. Default `auto`. */
  readonly int64?: EventInt64;
  /** While a job with this key waits, another is not stored. Default every job is stored. */
  readonly unique?: (payload: MessageShape<Desc>) => string;
}

/** A queue of work as the bus sees it. Made by {@link defineQueue}. Its jobs live in the database of the service that works them. */
export interface QueueDefinition<Desc extends DescMessage = DescMessage> {
  readonly kind: "queue";
  readonly name: string;
  readonly schema: Desc;
  /** Default `auto`. */
  readonly int64?: EventInt64;
  uniqueKeyOf(payload: MessageShape<Desc>): string | undefined;
}

export interface EnqueueOptions {
  /** −100 to 100; higher goes first. Default 0. */
  readonly priority?: number;
  /** Earliest start, from now. Default at once. */
  readonly delayMs?: number;
}

export interface WorkerOptions {
  /** Jobs at once with an empty and with a full queue. Default 1 and 8: grows with the length, shrinks when idle. */
  readonly concurrency?: { readonly min: number; readonly max: number };
  /** Jobs fetched ahead of the running ones. Default as many as run. */
  readonly prefetch?: number;
  /** A job that takes longer is given to another worker. Default 60 s; renewed while the handler runs. */
  readonly leaseMs?: number;
}

const QUEUE_NAME = /^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)*$/;
const MAX_NAME_LENGTH = 200;

/**
 * Defines a queue of work: who enqueues and who works share it.
 * @throws ParleyError INVALID_ARGUMENT for a name that is not one.
 */
export function defineQueue<Desc extends DescMessage>(options: QueueOptions<Desc>): QueueDefinition<Desc> {
  const { name, schema, unique, int64 } = options;
  const problem = int64Problem(int64);
  if (problem) throw invalidArgument({ field: `the queue ${JSON.stringify(name)}`, description: problem });
  if (!QUEUE_NAME.test(name) || name.length > MAX_NAME_LENGTH) {
    throw invalidArgument({
      field: `the queue ${JSON.stringify(name)}`,
      description: `must be named by lower-case words joined by "." or "-", at most ${MAX_NAME_LENGTH} characters`,
    });
  }
  return { kind: "queue", name, schema, ...(int64 && { int64 }), uniqueKeyOf: (payload) => unique?.(payload) };
}
