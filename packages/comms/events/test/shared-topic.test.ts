import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { defineEvent } from "../src/definition/define-event.ts";
import { eventTopics } from "../src/definition/event-topics.ts";
import { busForTest, eventually } from "./support/bus-for-test.ts";

const of = (name: string, more: { readonly maxBytes?: number; readonly retention?: string } = {}) =>
  defineEvent({ name, topic: "courses", schema: StringValueSchema, key: () => "7", ...more });
const Created = of("courses.created");
const Updated = of("courses.updated", { maxBytes: 400_000, retention: "1d" });
const Deleted = of("courses.deleted");

describe("events that share a topic", () => {
  it("go to their handlers by type; one that the group does not handle is skipped without a row in the inbox", async () => {
    const { bus, broker, database, observed } = busForTest({ publishes: [Created, Updated, Deleted] });
    const heard: string[] = [];
    bus.subscribe(Created, async ({ value }) => void heard.push(`created ${value}`));
    bus.subscribe(Deleted, async ({ value }) => void heard.push(`deleted ${value}`));
    await bus.start();
    await bus.publish(database, Created, { value: "1" });
    await bus.publish(database, Updated, { value: "2" });
    await bus.publish(database, Deleted, { value: "3" });
    await eventually(() => expect(heard).toEqual(["created 1", "deleted 3"]));
    await eventually(async () => expect((await bus.lag()).groups).toMatchObject([{ event: "courses", count: 0 }]));
    expect(broker.published("courses").map(({ type }) => type)).toEqual([Created.name, Updated.name, Deleted.name]);
    expect(observed.filter(({ type }) => type === "handled")).toMatchObject([
      { name: Created.name, outcome: "done" },
      { name: Deleted.name, outcome: "done" },
    ]);
  });

  it("wait behind a dead letter of their key, whatever their name, and follow it in a replay", async () => {
    const { bus, database } = busForTest({ publishes: [Created, Updated] });
    const heard: string[] = [];
    let isMended = false;
    bus.subscribe(
      Created,
      async () => {
        if (!isMended) throw new Error("not yet");
        heard.push("created");
      },
      { maxAttempts: 1 },
    );
    bus.subscribe(Updated, async () => void heard.push("updated"));
    await bus.start();
    await bus.publish(database, Created, {});
    await bus.publish(database, Updated, {});
    await eventually(async () => expect(await bus.deadLetters.list()).toHaveLength(2));
    expect(heard).toEqual([]);
    isMended = true;
    await bus.deadLetters.replay({});
    await eventually(() => expect(heard).toEqual(["created", "updated"]));
  });

  it("are one topic, which keeps what the most demanding asks for", () => {
    expect(eventTopics([Created, Updated, Deleted])).toEqual([
      { name: "courses", ordering: "key", retentionMs: 7 * 86_400_000, maxDataBytes: 400_000 },
    ]);
  });

  it("begin at one place", async () => {
    const { bus } = busForTest({ publishes: [Created] });
    bus.subscribe(Created, async () => {}, { from: "earliest" });
    bus.subscribe(Deleted, async () => {}, { from: "latest" });
    await expect(bus.start()).rejects.toThrow(/course-service begins the topic courses at "earliest" and "latest"/);
  });

  it("may be heard on their former topic too, while publishers move over", async () => {
    const Before = defineEvent({ name: Created.name, schema: StringValueSchema, key: () => "7" });
    const { bus, database } = busForTest({ publishes: [Created] });
    const heard: string[] = [];
    bus.subscribe(Before, async ({ value }) => void heard.push(`before ${value}`));
    bus.subscribe(Created, async ({ value }) => void heard.push(`after ${value}`));
    await bus.start();
    await bus.publish(database, Before, { value: "1" });
    await bus.publish(database, Created, { value: "2" });
    await eventually(() => expect(heard.sort()).toEqual(["after 2", "before 1"]));
  });

  it("are refused without an order, or with a topic that no broker could have", () => {
    const options = { name: "a.b", schema: StringValueSchema };
    expect(() => defineEvent({ ...options, topic: "courses" })).toThrow(/shares the topic courses but has no order/);
    expect(() => defineEvent({ ...options, topic: "Courses!", key: () => "1" })).toThrow(/topic in lower case/);
  });
});
