import type { NewJob } from "../store/work-store.ts";

/** What is known of the failures of a job so far. A store counts its leases; which of them do not count is kept here. */
export interface JobFailures {
  readonly outages: number;
  /** Undefined before the first failure. */
  readonly firstFailedAtMs: number | undefined;
}

/** Beside the context in the attributes of a job, so that the worker that takes it next knows them. */
const OUTAGES = "outages";
/** Milliseconds since the Unix epoch. */
const FIRST_FAILED_AT = "failedms";

export function failuresOf({ attributes }: Pick<NewJob, "attributes">): JobFailures {
  const firstFailedAtMs = Number(attributes[FIRST_FAILED_AT]);
  return {
    outages: Number(attributes[OUTAGES]) || 0,
    firstFailedAtMs: firstFailedAtMs > 0 ? firstFailedAtMs : undefined,
  };
}

export function withFailures(
  { attributes }: Pick<NewJob, "attributes">,
  { outages, firstFailedAtMs }: { readonly outages: number; readonly firstFailedAtMs: number },
): NewJob["attributes"] {
  return { ...attributes, [OUTAGES]: String(outages), [FIRST_FAILED_AT]: String(firstFailedAtMs) };
}

/** A job that is enqueued again begins anew. */
export function withoutFailures({ attributes }: Pick<NewJob, "attributes">): NewJob["attributes"] {
  const { [OUTAGES]: _outages, [FIRST_FAILED_AT]: _first, ...rest } = attributes;
  return rest;
}
