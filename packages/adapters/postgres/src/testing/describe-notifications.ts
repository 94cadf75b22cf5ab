import { describe, expect, it } from "vitest";
import type { DatabaseSubject } from "./describe-database.ts";
import { freshName, withDatabase } from "./with-database.ts";

/** Collects what a listener hears, and waits for it. */
function createEar(): {
  hear(payload: string | undefined): void;
  heard(count: number): Promise<(string | undefined)[]>;
} {
  const payloads: (string | undefined)[] = [];
  const waiting = new Set<() => void>();
  return {
    hear(payload) {
      payloads.push(payload);
      for (const check of waiting) check();
    },
    heard: (count) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (payloads.length < count) return;
          waiting.delete(check);
          resolve([...payloads]);
        };
        waiting.add(check);
        check();
      }),
  };
}

export function describeNotifications(subject: DatabaseSubject): void {
  describe("notifications", () => {
    it("hears its channel, whatever the name, and no other", () =>
      withDatabase(subject, async (database) => {
        const [first, second] = [createEar(), createEar()];
        const channel = `${freshName()} "Ünusual"`;
        await database.listen(channel, first.hear);
        await database.listen(channel, second.hear);
        await database.query("SELECT pg_notify($1, 'no')", [freshName()]);
        await database.query("SELECT pg_notify($1, 'yes')", [channel]);
        expect(await first.heard(1)).toEqual(["yes"]);
        expect(await second.heard(1)).toEqual(["yes"]);
      }));

    it("hears what a transaction says when it commits, and nothing of one that rolls back", () =>
      withDatabase(subject, async (database) => {
        const ear = createEar();
        const channel = freshName();
        await database.listen(channel, ear.hear);
        const say = (payload: string, end: "commit" | "roll back"): Promise<void> =>
          database.transaction(async (tx) => {
            await tx.query("SELECT pg_notify($1, $2)", [channel, payload]);
            if (end === "roll back") throw new Error("no");
          });
        await expect(say("unsaid", "roll back")).rejects.toThrow("no");
        await say("said", "commit");
        expect(await ear.heard(1)).toEqual(["said"]);
      }));

    it("goes on after a listener that throws, and tells one that is closed nothing more", () =>
      withDatabase(subject, async (database) => {
        const [closed, ear] = [createEar(), createEar()];
        const channel = freshName();
        await database.listen(channel, () => {
          throw new Error("a listener's own trouble");
        });
        const listening = await database.listen(channel, closed.hear);
        await database.listen(channel, ear.hear);
        await database.query("SELECT pg_notify($1, '1')", [channel]);
        await Promise.all([closed.heard(1), ear.heard(1)]);
        await listening.close();
        await listening.close();
        await database.query("SELECT pg_notify($1, '2')", [channel]);
        expect(await ear.heard(2)).toEqual(["1", "2"]);
        expect(await closed.heard(1)).toEqual(["1"]);
      }));

    it("can be listened to again after everybody has gone", () =>
      withDatabase(subject, async (database) => {
        const ear = createEar();
        const channel = freshName();
        await (await database.listen(channel, ear.hear)).close();
        await database.listen(channel, ear.hear);
        await database.query("SELECT pg_notify($1, 'again')", [channel]);
        expect(await ear.heard(1)).toEqual(["again"]);
      }));
  });
}
