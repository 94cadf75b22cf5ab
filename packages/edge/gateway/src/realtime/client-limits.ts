import { EdgeError } from "@parley/wire/internal/http1";
import type { ResolvedRealtimeOptions } from "./options.ts";

/** Counts clients, of this instance and of each owner. */
export interface ClientLimits {
  /**
   * Takes a place, given back by what is returned.
   * @param owner the principal's subject, or the address of who has none.
   * @throws EdgeError 503 if the instance is full, 429 if the owner has enough.
   */
  enter(owner: string): () => void;
}

const RETRY_AFTER = { "retry-after": "5" };

export function createClientLimits(options: ResolvedRealtimeOptions): ClientLimits {
  const { maxClients, maxClientsPerPrincipal } = options;
  const owners = new Map<string, number>();
  let all = 0;
  return {
    enter(owner) {
      const own = owners.get(owner) ?? 0;
      if (own >= maxClientsPerPrincipal) {
        const message = `you have ${own} live connections already, which is the most: close one`;
        throw new EdgeError(429, "TOO_MANY_CLIENTS", message, RETRY_AFTER);
      }
      if (all >= maxClients) {
        throw new EdgeError(503, "TOO_MANY_CLIENTS", "this gateway has as many live clients as it may", RETRY_AFTER);
      }
      all++;
      owners.set(owner, own + 1);
      let inside = true;
      return () => {
        if (!inside) return;
        inside = false;
        all--;
        const left = (owners.get(owner) ?? 1) - 1;
        if (left === 0) owners.delete(owner);
        else owners.set(owner, left);
      };
    },
  };
}
