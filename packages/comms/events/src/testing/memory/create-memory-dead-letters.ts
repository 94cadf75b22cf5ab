import type { DeadLetter, DeadLetterFilter, DeadLetterStore } from "../../store/dead-letter-store.ts";
import { createMemoryDatabase, runInMemory } from "./create-memory-database.ts";

const DEFAULT_LIMIT = 100;

/** The dead letters of a memory database. */
export function createMemoryDeadLetters(): DeadLetterStore {
  const letters = new Map<string, DeadLetter>();
  const own = createMemoryDatabase();
  let next = 1;

  const matching = (filter: DeadLetterFilter, limit: number): DeadLetter[] =>
    [...letters.values()]
      .filter(
        ({ id, group, topic, envelope, state, reason }) =>
          (filter.id ?? id) === id &&
          (filter.group ?? group) === group &&
          (filter.topic ?? topic) === topic &&
          (filter.key ?? envelope.key) === envelope.key &&
          (filter.state ?? state) === state &&
          (filter.code ?? reason.code) === reason.code &&
          reason.message.includes(filter.cause ?? "") &&
          Number(id) > Number(filter.after ?? 0),
      )
      .sort((a, b) => Number(a.id) - Number(b.id))
      .slice(0, limit);

  return {
    add: (tx, letter) =>
      runInMemory(tx, (scope) => {
        const { source, id: eventId } = letter.envelope;
        for (const { group, envelope } of letters.values()) {
          if (group === letter.group && envelope.source === source && envelope.id === eventId) return;
        }
        const id = String(next++);
        letters.set(id, { ...letter, id, state: "waiting" });
        scope.onRollback(() => void letters.delete(id));
      }),
    list: async (filter) => matching(filter, filter.limit ?? DEFAULT_LIMIT),
    async counts() {
      const byLine = Map.groupBy(letters.values(), ({ topic, group }) => JSON.stringify([topic, group]));
      return [...byLine.values()].map((of) => {
        const [{ topic, group }] = of as [DeadLetter];
        const oldestMs = Date.now() - Math.min(...of.map(({ deadAtMs }) => deadAtMs));
        return { topic, group, count: of.length, oldestMs };
      });
    },
    blocks: (tx, group, topic, key) => runInMemory(tx, () => matching({ group, topic, key }, 1).length > 0),
    failedAgain: (tx, id, { reason, attempts }) =>
      runInMemory(tx, (scope) => {
        const letter = letters.get(id);
        if (!letter) return;
        letters.set(id, { ...letter, reason, attempts: letter.attempts + attempts, state: "waiting" });
        scope.onRollback(() => void letters.set(id, letter));
      }),
    update: (filter, change, tx = own) =>
      runInMemory(tx, (scope) => {
        const chosen = matching(filter, filter.limit ?? Number.POSITIVE_INFINITY);
        for (const letter of chosen) {
          if (change === "drop") letters.delete(letter.id);
          else letters.set(letter.id, { ...letter, state: change });
          scope.onRollback(() => void letters.set(letter.id, letter));
        }
        return chosen.length;
      }),
  };
}
