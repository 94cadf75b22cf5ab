import { ParleyError } from "@parley/core";
import { LazyAbort, LinkedQueue, type QueueNode } from "@parley/core/internal";

/** An entry that was given to this member and is not acknowledged yet. */
export class Claim {
  readonly id: string;
  /** Aborts when the entry is this member's no more. */
  readonly lost = new LazyAbort();
  /** Among those that are open, or among those that are done. */
  place: QueueNode | undefined;

  constructor(id: string) {
    this.id = id;
  }
}

/** What a member holds of one topic. A claim that was dropped counts for nothing, also if the entry comes again. */
export interface Holdings {
  /** Ids of all that is held. */
  ids(): Set<string>;
  add(id: string): Claim;
  /** The handler is done with it. False if the claim was dropped before. */
  done(claim: Claim): boolean;
  /** Ids with or before a handler. */
  open(): string[];
  /** What is done and not acknowledged, at most so many. */
  unacknowledged(limit: number): Claim[];
  /** Acknowledged: they go. */
  settle(claims: readonly Claim[]): void;
  /** Aborts the signals of what is open; it stays until it is dropped, so that it can be given back. */
  interrupt(why: string): void;
  /** Taken by another, or given up: their signals abort. Without ids, all. */
  drop(why: string, ids?: ReadonlySet<string>): void;
}

export function createHoldings(): Holdings {
  const open = new LinkedQueue<Claim>();
  const done = new LinkedQueue<Claim>();
  return {
    ids: () => new Set([...open.all(), ...done.all()].map(({ id }) => id)),
    add(id) {
      const claim = new Claim(id);
      claim.place = open.push(claim);
      return claim;
    },
    done(claim) {
      if (claim.place?.queue !== open || claim.lost.aborted) return false;
      claim.place.remove();
      claim.place = done.push(claim);
      return true;
    },
    open: () => open.all().map(({ id }) => id),
    unacknowledged: (limit) => done.all().slice(0, limit),
    settle(claims) {
      for (const { place } of claims) if (place?.queue === done) place.remove();
    },
    interrupt(why) {
      for (const { lost } of open.all()) lost.abort(new ParleyError("ABORTED", why));
    },
    drop(why, ids) {
      const isMeant = ({ id }: Claim): boolean => ids === undefined || ids.has(id);
      for (const { place } of done.all().filter(isMeant)) place?.remove();
      for (const { place, lost } of open.all().filter(isMeant)) {
        place?.remove();
        lost.abort(new ParleyError("ABORTED", why));
      }
    },
  };
}
