import { type Aborting, abortable } from "@parley/core";

/** Bounds what was published and not confirmed: for adapters. Places are given in the order of asking. */
export interface InFlight {
  /** Waits for a place; one message always has one, however large. */
  enter(bytes: number, aborting: Aborting): Promise<void>;
  leave(bytes: number): void;
}

export function createInFlight(limit: { readonly messages: number; readonly bytes: number }): InFlight {
  const waiting = new Set<{ readonly bytes: number; readonly enter: () => void }>();
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
      if (waiting.size === 0 && fits(more)) return admit(more);
      const { promise, resolve } = Promise.withResolvers<void>();
      const place = { bytes: more, enter: resolve };
      waiting.add(place);
      try {
        await abortable(promise, aborting);
      } catch (reason) {
        // Admitted in the same turn as the signal came: the place goes back.
        if (!waiting.delete(place)) this.leave(more);
        throw reason;
      }
    },
    leave(less) {
      messages -= 1;
      bytes -= less;
      for (const place of waiting) {
        if (!fits(place.bytes)) return;
        waiting.delete(place);
        admit(place.bytes);
        place.enter();
      }
    },
  };
}
