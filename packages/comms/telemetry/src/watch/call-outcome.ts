import { type Call, type Code, type ParleyError, toParleyError } from "@parley/core";

/** How a call ended, as seen from the side that watched it. */
export interface CallOutcome {
  readonly code: Code;
  /** Present unless the code is OK. */
  readonly error?: ParleyError;
  /** From the call to its reply; of a stream, to the end of its last message. */
  readonly durationMs: number;
  /** How many messages a stream carried each way; absent of a unary call. */
  readonly messages?: MessageCounts;
}

export interface MessageCounts {
  readonly requests: number;
  readonly responses: number;
}

/** Told of the end of a call. */
export type CallEnded = (call: Call, outcome: CallOutcome) => void;

/** How a call ended that threw. */
export function failed(thrown: unknown, durationMs: number): CallOutcome {
  const error = toParleyError(thrown);
  return { code: error.code, error, durationMs };
}
