/** How far a reader of one place has come: what it has read, and up to where all of that is handled. */
export interface Progress {
  /** Everything up to here has been read. */
  readonly read: bigint;
  /** Everything up to here has been handled: what is acknowledged. */
  readonly handled: bigint;
  /** Events read and beyond {@link handled}. */
  readonly size: number;
  /** Grows with every change of what is handled. */
  readonly version: number;
  /** The first positions beyond {@link handled} that are handled already. */
  ahead(limit: number): readonly bigint[];
  /** An event was read. In order. False if it was handled before: then it is not to be handled again. */
  took(position: bigint): boolean;
  /** There is nothing else up to here. */
  passed(position: bigint): void;
  settle(position: bigint): void;
}

/** @param before positions beyond `start` that somebody has handled already. */
export function createProgress(start: bigint, before: readonly bigint[] = []): Progress {
  const known = new Set(before);
  /** What was read beyond `handled`, in order, and whether it is settled. */
  const window = new Map<bigint, boolean>();
  let read = start;
  let handled = start;
  let version = 0;

  const move = (): void => {
    for (const [position, isSettled] of window) {
      if (!isSettled) return;
      window.delete(position);
      handled = position;
    }
    handled = read;
  };

  return {
    get read() {
      return read;
    },
    get handled() {
      return handled;
    },
    get size() {
      return window.size;
    },
    get version() {
      return version;
    },
    ahead(limit) {
      const positions: bigint[] = [];
      for (const [position, isSettled] of window) {
        if (positions.length === limit) break;
        if (isSettled) positions.push(position);
      }
      return positions;
    },
    took(position) {
      read = position;
      const isNew = !known.delete(position);
      window.set(position, !isNew);
      if (isNew) return true;
      version += 1;
      move();
      return false;
    },
    passed(position) {
      if (position <= read) return;
      read = position;
      if (window.size > 0) return;
      handled = read;
      version += 1;
    },
    settle(position) {
      if (!window.has(position)) return;
      window.set(position, true);
      version += 1;
      move();
    },
  };
}
