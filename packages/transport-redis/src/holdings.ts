import { AbortSource, ParleyError } from "@parley/core";

/** An entry that was given to this member and is not acknowledged yet. */
export interface Claim {
  readonly id: string;
  /** Aborts when the entry is this member's no more. */
  readonly lost: AbortSource;
}

/** What a member holds of one topic. A claim that was dropped counts for nothing, also if the entry comes again. */
export interface Holdings {
  has(id: string): boolean;
  add(id: string): Claim;
  /** The handler is done with it. False if the claim was dropped before. */
  done(claim: Claim): boolean;
  /** Ids with or before a handler. */
  open(): string[];
  /** Ids that are done and not acknowledged, at most so many. */
  unacknowledged(limit: number): string[];
  /** Acknowledged: they go. */
  settle(ids: readonly string[]): void;
  /** Aborts the signals of what is open; it stays until it is dropped, so that it can be given back. */
  interrupt(why: string): void;
  /** Taken by another, or given up: their signals abort. Without ids, all. */
  drop(why: string, ids?: readonly string[]): void;
}

export function createHoldings(): Holdings {
  const open = new Map<string, Claim>();
  const done = new Set<string>();
  return {
    has: (id) => open.has(id) || done.has(id),
    add(id) {
      const claim = { id, lost: new AbortSource() };
      open.set(id, claim);
      return claim;
    },
    done(claim) {
      if (open.get(claim.id) !== claim || claim.lost.aborted) return false;
      open.delete(claim.id);
      done.add(claim.id);
      return true;
    },
    open: () => [...open.keys()],
    unacknowledged: (limit) => [...done].slice(0, limit),
    settle(ids) {
      for (const id of ids) done.delete(id);
    },
    interrupt(why) {
      for (const { lost } of open.values()) lost.abort(new ParleyError("ABORTED", why));
    },
    drop(why, ids = [...open.keys(), ...done]) {
      for (const id of ids) {
        done.delete(id);
        const held = open.get(id);
        open.delete(id);
        held?.lost.abort(new ParleyError("ABORTED", why));
      }
    },
  };
}
