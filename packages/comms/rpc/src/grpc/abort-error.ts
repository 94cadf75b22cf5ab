import { isParleyError, ParleyError, toParleyError } from "@parley/core";
import type { AbortLike } from "@parley/core/internal";

/** The error of a call that was aborted: the reason if it is one of ours, else CANCELLED with it as cause. */
export function abortError({ reason }: AbortLike): ParleyError {
  if (isParleyError(reason)) return reason;
  const error = toParleyError(reason);
  return error.code === "INTERNAL" ? new ParleyError("CANCELLED", "the call was cancelled", { cause: reason }) : error;
}
