import { createDeadLetterStore, createInboxStore, migrateEventStores } from "@parley/postgres";
import { describe, expect, it } from "vitest";
import { event } from "../support/envelopes.ts";
import { subjects } from "../support/subjects.ts";

describe.each(await subjects())("the inbox on $name", { timeout: 30_000 }, (subject) => {
  const openInbox = async () => {
    subject.fresh();
    const database = await subject.open();
    await migrateEventStores(database);
    await database.query("CREATE TABLE effects (id text NOT NULL)");
    const inbox = createInboxStore(database);
    /** A handler of an event: true if it ran. */
    const handle = (group: string, id: string, before: () => Promise<void> = async () => {}) =>
      database.transaction(async (tx) => {
        if (!(await inbox.record(tx, group, id))) return false;
        await tx.query("INSERT INTO effects VALUES ($1)", [id]);
        await before();
        return true;
      });
    return { database, inbox, handle };
  };

  it("lets each group handle an event once, however often and at once it comes", async () => {
    const { database, handle } = await openInbox();
    const ran = await Promise.all(Array.from({ length: 20 }, (_, index) => handle(`g${index % 2}`, "e")));
    expect(ran.filter(Boolean)).toHaveLength(2);
    expect((await database.query("SELECT * FROM effects")).rowCount).toBe(2);
  });

  it("records no event that must wait behind a dead letter of its key", async () => {
    const { database, inbox } = await openInbox();
    const deadLetters = createDeadLetterStore(database);
    const record = (id: string, key: string, group = "g") =>
      database.transaction(async (tx) => inbox.recordUnlessBlocked?.(tx, group, id, { topic: "t", key }));
    expect([await record("1", "k"), await record("1", "k")]).toEqual(["recorded", "repeat"]);
    const letter = { group: "g", topic: "t", envelope: event({ id: "2", key: "k" }) };
    const failure = { reason: { code: "INTERNAL", message: "no" }, attempts: 1, firstFailedAtMs: 0, deadAtMs: 0 };
    await database.transaction((tx) => deadLetters.add(tx, { ...letter, ...failure }));
    expect([await record("3", "k"), await record("3", "other"), await record("3", "k", "other")]).toEqual([
      "blocked",
      "recorded",
      "recorded",
    ]);
    await deadLetters.update({ group: "g" }, "drop");
    expect(await record("4", "k")).toBe("recorded");
  });

  it("records nothing of a handler that failed", async () => {
    const { handle } = await openInbox();
    const failing = handle("g", "e", () => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
    expect(await handle("g", "e")).toBe(true);
    expect(await handle("g", "e")).toBe(false);
  });

  it.runIf(subject.isConcurrent)("makes a twin wait, and run if the first one fails after all", async () => {
    const { handle } = await openInbox();
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    const first = handle("g", "e", () => {
      begun.resolve();
      return end.promise;
    });
    await begun.promise;
    const twin = handle("g", "e");
    end.reject(new Error("no"));
    await expect(first).rejects.toThrow("no");
    expect(await twin).toBe(true);
  });

  it("forgets what is old, so many at a time", async () => {
    const { database, inbox, handle } = await openInbox();
    for (const id of ["a", "b", "c"]) await handle("g", id);
    await database.query("UPDATE parley_inbox SET handled_at = now() - interval '8 days' WHERE event_key <> 'c'");
    const weekAgo = Date.now() - 7 * 86_400_000;
    expect(await inbox.forget(weekAgo, 1)).toBe(1);
    expect(await inbox.forget(weekAgo, 10)).toBe(1);
    expect(await inbox.forget(weekAgo, 10)).toBe(0);
    expect(await handle("g", "c")).toBe(false);
  });
});
