import { type Clock, systemClock } from "@parley/core";
import type { OutboxEntry, OutboxStore } from "../../store/outbox-store.ts";
import { runInMemory } from "./create-memory-database.ts";

interface Stored {
  entry: OutboxEntry;
  readonly storedAtMs: number;
  /** Neither sent nor leased before this. */
  dueMs: number;
}

/** The outbox of a memory database: entries appear in the order of commits. */
export function createMemoryOutbox({ clock = systemClock }: { readonly clock?: Clock } = {}): OutboxStore {
  const stored = new Map<bigint, Stored>();
  let next = 1n;
  const lineOf = ({ topic, envelope }: OutboxEntry): string | undefined =>
    envelope.key === undefined ? undefined : `${topic} ${envelope.key}`;
  return {
    append: (tx, topic, envelopes, { notBeforeMs } = {}) =>
      runInMemory(tx, (scope) =>
        scope.onCommit(() => {
          for (const envelope of envelopes) {
            const sequence = next++;
            const entry = { sequence, topic, envelope, attempts: 0 };
            stored.set(sequence, { entry, storedAtMs: clock.now(), dueMs: notBeforeMs ?? clock.now() });
          }
        }),
      ),
    async lease({ limit, leaseMs }) {
      const now = clock.now();
      const held = new Set<string>();
      const leased: OutboxEntry[] = [];
      for (const each of stored.values()) {
        const line = lineOf(each.entry);
        if (each.dueMs > now && line !== undefined) held.add(line);
        if (each.dueMs > now || (line !== undefined && held.has(line)) || leased.length === limit) continue;
        each.dueMs = now + leaseMs;
        leased.push(each.entry);
      }
      return leased;
    },
    async settle({ sent, failed }) {
      for (const { sequence } of sent) stored.delete(sequence);
      for (const { entry, retryAfterMs } of failed) {
        const each = stored.get(entry.sequence);
        if (!each) continue;
        each.entry = { ...each.entry, attempts: each.entry.attempts + 1 };
        each.dueMs = clock.now() + retryAfterMs;
      }
    },
    async lag() {
      const [oldest] = stored.values();
      return { count: stored.size, oldestMs: oldest ? clock.now() - oldest.storedAtMs : 0 };
    },
  };
}
