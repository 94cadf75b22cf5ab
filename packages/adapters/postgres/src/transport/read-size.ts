import type { LoggedEvent } from "./read-log.ts";

/** How much a consumer reads at once: many small events, few large ones. */
export interface ReadSize {
  /** Reading begins again when fewer than this wait. */
  wanted(): number;
  /** How many to read while `waiting` are there. */
  room(waiting: number): number;
  saw(events: readonly LoggedEvent[]): void;
}

/** What may wait in a consumer, in bytes, as far as the last events tell of the next ones. */
const MAX_BYTES = 16 * 1_048_576;
/** The first read is a small one, because nothing is known yet. */
const FIRST_READ = 32;

export function createReadSize(buffer: number): ReadSize {
  let largest = Math.ceil(MAX_BYTES / FIRST_READ);
  const limit = (): number => Math.max(1, Math.min(buffer, Math.floor(MAX_BYTES / Math.max(largest, 1))));
  return {
    wanted: () => Math.max(1, Math.ceil(limit() / 2)),
    room: (waiting) => Math.max(1, limit() - waiting),
    saw(events) {
      if (events.length === 0) return;
      const now = Math.max(...events.map(({ envelope }) => envelope.data.byteLength));
      // Forgets slowly: one small batch says little of the next.
      largest = Math.max(now, Math.floor(largest / 2));
    },
  };
}
