import { type Clock, systemClock } from "@parley/core";
import type { InboxStore } from "../../store/inbox-store.ts";
import { runInMemory } from "./create-memory-database.ts";

/** The inbox of a memory database. */
export function createMemoryInbox({ clock = systemClock }: { readonly clock?: Clock } = {}): InboxStore {
  const handledAtMs = new Map<string, number>();
  const open = new Map<string, Promise<void>>();
  return {
    record: (tx, group, eventKey) =>
      runInMemory(tx, async (scope) => {
        const key = JSON.stringify([group, eventKey]);
        for (let twin = open.get(key); twin; twin = open.get(key)) await twin;
        if (handledAtMs.has(key)) return false;
        const { promise, resolve } = Promise.withResolvers<void>();
        open.set(key, promise);
        handledAtMs.set(key, clock.now());
        scope.onRollback(() => void handledAtMs.delete(key));
        scope.onEnd(() => {
          open.delete(key);
          resolve();
        });
        return true;
      }),
    async forget(beforeMs, limit) {
      let forgotten = 0;
      for (const [key, atMs] of handledAtMs) {
        if (atMs >= beforeMs || forgotten === limit) continue;
        handledAtMs.delete(key);
        forgotten += 1;
      }
      return forgotten;
    },
  };
}
