import { type AbortLike, abortable, LinkedQueue } from "@parley/core/internal";

/** Bounds what was published and not confirmed: for adapters. Places are given in the order of asking. */
export interface InFlight {
  /** Waits for a place; one message always has one, however large. */
  enter(bytes: number, aborting: AbortLike): Promise<void>;
  leave(bytes: number): void;
}

export function createInFlight(limit: { readonly messages: number; readonly bytes: number }): InFlight {
  const waiting = new LinkedQueue<{ readonly bytes: number; readonly enter: () => void }>();
  let messages = 0;
  let bytes = 0;
  const fits = (more: number): boolean => messages === 0 || (messages < limit.messages && bytes + more <= limit.bytes);
  const admit = (more: number): void => {
    messages += 1;
    bytes += more;
  };
  return {
    async enter(more, aborting) {
      if (aborting.aborted) throw aborting.reason;
      if (waiting.length === 0 && fits(more)) return admit(more);
      const { promise, resolve } = Promise.withResolvers<void>();
      const place = waiting.push({ bytes: more, enter: resolve });
      try {
        await abortable(promise, aborting);
      } catch (reason) {
        // Admitted in the same turn as the signal came: the place goes back.
        if (!place.remove()) this.leave(more);
        throw reason;
      }
    },
    leave(less) {
      messages -= 1;
      bytes -= less;
      for (let next = waiting.first; next && fits(next.bytes); next = waiting.first) {
        waiting.shift();
        admit(next.bytes);
        next.enter();
      }
    },
  };
}
