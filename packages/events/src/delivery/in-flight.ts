import { abortable } from "@parley/core";

/** Bounds what was published and not confirmed: for adapters. Places are given in the order of asking. */
export interface InFlight {
  /** Takes a place if there is one at once. */
  tryEnter(bytes: number): boolean;
  /** Waits for a place; one message always has one, however large. */
  enter(bytes: number, signal: AbortSignal): Promise<void>;
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
  const tryEnter = (more: number): boolean => {
    const enters = waiting.size === 0 && fits(more);
    if (enters) admit(more);
    return enters;
  };
  return {
    tryEnter,
    async enter(more, signal) {
      signal.throwIfAborted();
      if (tryEnter(more)) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const place = { bytes: more, enter: resolve };
      waiting.add(place);
      try {
        await abortable(promise, signal);
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
