import type { CallHandler, Clock } from "@parley/core";

/** The way to one target: however many addresses and connections that has. Made once per target and shared. */
export interface Channel {
  /**
   * Carries a call under the channel's policy. The call's context is the one it is made in: the channel derives the
   * call's own from it (a new span, the lesser deadline), and ends the call when that deadline has passed or the context's
   * signal aborts.
   */
  readonly call: CallHandler;
  readonly target: string;
  /** The clock that deadlines are measured with. Default the machine's. */
  readonly clock?: Clock;
  /**
   * Takes no more calls, lets those that were sent finish for `graceMs` (default 5 s), then cancels them. Calls that
   * still wait, for a connection or another attempt, fail at once. Idempotent.
   */
  close(options?: { readonly graceMs?: number | undefined }): Promise<void>;
}
