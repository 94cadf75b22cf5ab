import type { DeadLetter } from "@parley/events";
import { createDeadLetterStore, migrateEventStores } from "@parley/postgres";
import type { Envelope } from "@parley/transport";
import { describe, expect, it } from "vitest";
import { event } from "../support/envelopes.ts";
import { subjects } from "../support/subjects.ts";

const TOPIC = "tests.happened";

function letter(envelope: Envelope, options: Partial<DeadLetter> = {}): Omit<DeadLetter, "state" | "id"> {
  const reason = { code: "INVALID_ARGUMENT", message: "n must not be negative" };
  return {
    group: "g",
    topic: TOPIC,
    envelope,
    reason,
    attempts: 3,
    firstFailedAtMs: 1_000,
    deadAtMs: 2_000,
    ...options,
  };
}

describe.each(await subjects())("dead letters on $name", { timeout: 30_000 }, (subject) => {
  const openLetters = async () => {
    subject.fresh();
    const database = await subject.open();
    await migrateEventStores(database);
    return { database, letters: createDeadLetterStore(database) };
  };

  it("counts letters by topic and group, with the age of the oldest", async () => {
    const { database, letters } = await openLetters();
    expect(await letters.counts?.()).toEqual([]);
    const deadAtMs = Date.now() - 60_000;
    await letters.add(database, letter(event({ key: "k" }), { deadAtMs }));
    await letters.add(database, letter(event({ key: "l" }), { deadAtMs: Date.now() }));
    await letters.add(database, letter(event(), { group: "other", deadAtMs: Date.now() }));
    const counts = await letters.counts?.();
    expect(counts).toHaveLength(2);
    expect(counts).toContainEqual(expect.objectContaining({ topic: TOPIC, group: "other", count: 1 }));
    const of = counts?.find(({ group }) => group === "g");
    expect(of?.count).toBe(2);
    expect(of?.oldestMs).toBeGreaterThanOrEqual(60_000);
  });

  it("keeps a letter once for its group and event, with all that it holds", async () => {
    const { database, letters } = await openLetters();
    const envelope = event({ key: "k", data: Buffer.from([1, 0, 200]) });
    await letters.add(database, letter(envelope, { reason: { code: "INTERNAL", message: "odd \0 text" } }));
    await letters.add(database, letter(envelope, { attempts: 9 }));
    await letters.add(database, letter(envelope, { group: "other" }));
    const all = await letters.list({});
    expect(all).toHaveLength(2);
    const { data, ...attributes } = all[0]?.envelope ?? event();
    expect(Buffer.from(data)).toEqual(envelope.data);
    expect({ ...attributes, data: envelope.data }).toEqual(envelope);
    expect(all[0]).toMatchObject({
      group: "g",
      topic: TOPIC,
      reason: { code: "INTERNAL", message: "odd \uFFFD text" },
      attempts: 3,
      firstFailedAtMs: 1_000,
      deadAtMs: 2_000,
      state: "waiting",
    });
  });

  it("finds letters by the code of their reason and by a text within its message, taken as it is", async () => {
    const { database, letters } = await openLetters();
    const away = (name: string) => ({ code: "UNAVAILABLE", message: `the breaker for ${name} is open` });
    await letters.add(database, letter(event(), { reason: away("academics_service") }));
    await letters.add(database, letter(event(), { reason: away("academics-service") }));
    await letters.add(database, letter(event()));
    expect(await letters.list({ code: "UNAVAILABLE" })).toHaveLength(2);
    expect(await letters.list({ cause: "academics_service" })).toHaveLength(1);
    expect(await letters.list({ cause: "%" })).toEqual([]);
    expect(await letters.update({ code: "UNAVAILABLE", cause: "academics" }, "replaying")).toBe(2);
  });

  it("lists in the order of arrival, by whatever is asked, in pages", async () => {
    const { database, letters } = await openLetters();
    for (const key of ["a", "b", "a"]) await letters.add(database, letter(event({ key })));
    await letters.add(database, letter(event(), { topic: "tests.others" }));
    const [first, second] = await letters.list({ limit: 2 });
    const rest = await letters.list({ after: second?.id });
    expect(rest.map(({ topic }) => topic)).toEqual([TOPIC, "tests.others"]);
    expect(await letters.list({ id: first?.id })).toEqual([first]);
    expect(await letters.list({ key: "a", topic: TOPIC, group: "g", state: "waiting" })).toHaveLength(2);
    expect(await letters.list({ group: "nobody" })).toEqual([]);
    for (const id of ["x", "-1", "9".repeat(19), "9".repeat(40)]) expect(await letters.list({ id })).toEqual([]);
  });

  it("keeps the place of a letter that failed again", async () => {
    const { database, letters } = await openLetters();
    await letters.add(database, letter(event()));
    const [stored] = await letters.list({});
    if (!stored) throw new Error("nothing was stored");
    await letters.update({ id: stored.id }, "replaying");
    const reason = { code: "INTERNAL", message: "worse" };
    await letters.failedAgain?.(database, stored.id, { reason, attempts: 2 });
    expect(await letters.list({})).toEqual([{ ...stored, reason, attempts: 5, state: "waiting" }]);
  });

  it("blocks a key until its last letter is gone", async () => {
    const { database, letters } = await openLetters();
    await letters.add(database, letter(event({ key: "a" })));
    await letters.add(database, letter(event({ key: "a" })));
    const blocks = (key: string, group = "g"): Promise<boolean> => letters.blocks(database, group, TOPIC, key);
    expect([await blocks("a"), await blocks("b"), await blocks("a", "other")]).toEqual([true, false, false]);
    expect(await letters.update({ key: "a", limit: 1 }, "drop")).toBe(1);
    expect(await blocks("a")).toBe(true);
    expect(await letters.update({ key: "a" }, "replaying")).toBe(1);
    expect(await letters.list({ state: "replaying" })).toHaveLength(1);
    expect(await letters.update({ state: "replaying" }, "drop", database)).toBe(1);
    expect(await blocks("a")).toBe(false);
  });
});
