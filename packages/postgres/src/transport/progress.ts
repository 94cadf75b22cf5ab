/** How far a reader of one place has come: what it has read, and up to where all of that is handled. */
export interface Progress {
  /** Everything up to here has been read. */
  readonly read: bigint;
  /** Everything up to here has been handled: what is acknowledged. */
  readonly handled: bigint;
  /** Events read and beyond {@link handled}. */
  readonly size: number;
  /** An event was read, to be handled. In order. */
  took(position: bigint): void;
  /** There is nothing else up to here. */
  passed(position: bigint): void;
  settle(position: bigint): void;
}

export function createProgress(start: bigint): Progress {
  /** What was read beyond `handled`, in order, and whether it is settled. */
  const window = new Map<bigint, boolean>();
  let read = start;
  let handled = start;

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
    took(position) {
      read = position;
      window.set(position, false);
    },
    passed(position) {
      if (position <= read) return;
      read = position;
      if (window.size === 0) handled = read;
    },
    settle(position) {
      if (!window.has(position)) return;
      window.set(position, true);
      move();
    },
  };
}
