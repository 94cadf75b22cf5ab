import { create } from "@bufbuild/protobuf";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { defineEvent } from "../src/definition/define-event.ts";
import { defineQueue } from "../src/definition/define-queue.ts";

describe("defineEvent", () => {
  it("keeps the order of a key if there is one, for a week, up to 256 KiB", () => {
    const event = defineEvent({
      name: "timers.set",
      schema: DurationSchema,
      key: ({ seconds }) => seconds,
      subject: ({ seconds }) => `timers/${seconds}`,
    });
    expect(event).toMatchObject({ kind: "event", ordering: "key", retentionMs: 604_800_000, maxBytes: 262_144 });
    const payload = create(DurationSchema, { seconds: 7n });
    expect([event.keyOf(payload), event.subjectOf(payload)]).toEqual(["7", "timers/7"]);
  });

  it("has neither order nor subject without being asked", () => {
    const event = defineEvent({ name: "timers.set", schema: DurationSchema, retention: "0s" });
    expect(event).toMatchObject({ ordering: "none", retentionMs: 0 });
    const payload = create(DurationSchema);
    expect([event.keyOf(payload), event.subjectOf(payload)]).toEqual([undefined, undefined]);
  });

  it("names all that is wrong at once", () => {
    const define = () =>
      defineEvent({ name: "Timers", schema: DurationSchema, retention: "7", maxBytes: 0, ordering: "key" });
    expect(define).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(/"Timers".*<domain>.<action>.*retention such as 7d.*"7".*maxBytes.*0.*no key/),
      }),
    );
  });
});

describe("defineQueue", () => {
  it("takes a name and a unique key", () => {
    const queue = defineQueue({
      name: "similarity-reports",
      schema: DurationSchema,
      unique: ({ seconds }) => `${seconds}`,
    });
    expect(queue).toMatchObject({ kind: "queue", name: "similarity-reports" });
    expect(queue.uniqueKeyOf(create(DurationSchema, { seconds: 7n }))).toBe("7");
    expect(defineQueue({ name: "q", schema: DurationSchema }).uniqueKeyOf(create(DurationSchema))).toBeUndefined();
  });

  it("refuses a name that is not one", () => {
    expect(() => defineQueue({ name: "Similarity Reports", schema: DurationSchema })).toThrow(/"Similarity Reports"/);
  });
});
