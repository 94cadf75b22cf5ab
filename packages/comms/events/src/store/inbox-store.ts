import type { Executor } from "@parley/core";

/** The record of events that were handled, kept in the consumer's own database. */
export interface InboxStore {
  /**
   * Writes that `group` has handled `eventKey`, in the transaction of the handler's effects, so that both commit or
   * neither does. False if it was recorded before: the handler must not run. A concurrent twin waits for the first.
   */
  record(tx: Executor, group: string, eventKey: string): Promise<boolean>;
  /**
   * {@link record}, unless a dead letter of the group, topic and key is there, in one statement instead of two. Where a
   * store lacks it, the dead letters are asked first.
   */
  recordUnlessBlocked?(
    tx: Executor,
    group: string,
    eventKey: string,
    line: { readonly topic: string; readonly key: string },
  ): Promise<"recorded" | "repeat" | "blocked">;
  /** Removes records older than this (Unix epoch, milliseconds), at most `limit`; returns how many. */
  forget(beforeMs: number, limit: number): Promise<number>;
}
