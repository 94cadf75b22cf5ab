import { readFileSync } from "node:fs";
import { createEventBus, DEFAULT_EVENT_POLICY } from "@parley/events";
import {
  createMemoryDatabase,
  createMemoryDeadLetters,
  createMemoryInbox,
  createMemoryOutbox,
  createMemoryWork,
} from "@parley/events/testing";
import { postgres } from "@parley/postgres/adapter";
import { registerHandlers } from "@parley/runtime/internal";
import { type Envelope, toHeaders } from "@parley/transport";
import { createMemoryBroker, createMemoryTransport } from "@parley/transport/testing";
import { kafka } from "@parley/transport-kafka";
import { nats } from "@parley/transport-nats";
import { rabbitmq } from "@parley/transport-rabbitmq";
import { redis } from "@parley/transport-redis";
import { expect, test, vi } from "vitest";
import { AssignmentCreated, type Diary, reminderService } from "../examples/reminders.ts";
import { blocksOf } from "./page.ts";

const ROOT = new URL("../../", import.meta.url);
const PAGE = readFileSync(new URL("docs/events.md", ROOT), "utf8");

const eventually = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 10_000, interval: 10 });

test.each(
  blocksOf(PAGE).flatMap(({ info, line, text }) => {
    const [, file] = info.split(" ");
    return file?.includes("/") ? [{ line, file, text }] : [];
  }),
)("line $line shows what stands in $file", ({ file, text }) => {
  expect(readFileSync(new URL(file, ROOT), "utf8")).toContain(text);
});

function block(info: string): string {
  const found = blocksOf(PAGE).find((each) => each.info === info);
  if (!found) throw new Error(`docs/events.md has no block marked ${info}`);
  return found.text;
}

test("the example does what the page says, and the wire is as it shows", async () => {
  const broker = createMemoryBroker();
  const transport = createMemoryTransport({ broker });
  const database = createMemoryDatabase();
  const bus = createEventBus({
    service: "reminder-service",
    transport,
    database,
    outbox: createMemoryOutbox(),
    inbox: createMemoryInbox(),
    deadLetters: createMemoryDeadLetters(),
    work: createMemoryWork(),
    settings: { outboxPollMs: 20, workPollMs: 20 },
  });
  const lines: string[] = [];
  const diary: Diary = { write: async (_tx, line) => void lines.push(line), read: () => lines };
  registerHandlers(bus, await reminderService(diary).setup({ db: database, events: bus, jobs: bus }));
  await bus.start();
  const events = bus;

  await database.transaction(async (tx) => {
    await events.publish(tx, AssignmentCreated, { assignmentId: 7n, courseId: 3n, title: "Trees" });
  });

  await eventually(() => expect(lines.sort()).toEqual(["counted 1", "heard of Trees", "reminded of Trees"]));
  await events.publishNow(AssignmentCreated, { assignmentId: 8n, courseId: 3n });
  await eventually(async () =>
    expect(await bus.deadLetters.list()).toMatchObject([
      { group: "reminder-service", reason: { code: "FAILED_PRECONDITION" }, attempts: 1 },
    ]),
  );

  const [published] = broker.published(AssignmentCreated.name);
  expect(headersOf(published)).toEqual(shownHeaders());
  expect(JSON.parse(new TextDecoder().decode(published?.data))).toEqual(JSON.parse(block("json data")));
  await bus.drain();
  await transport.close();
});

/** With what differs in each run made the same. */
function headersOf(envelope: Envelope | undefined): Record<string, string> {
  if (!envelope) throw new Error("nothing was published");
  const headers = Object.entries(toHeaders(envelope)).map(([name, value]) => [name, shapeOf(value)]);
  return Object.fromEntries(headers);
}

function shownHeaders(): Record<string, string> {
  const lines = block("text headers").split("\n");
  return Object.fromEntries(
    lines.map((line) => {
      const [name = "", ...value] = line.split(": ");
      return [name, shapeOf(value.join(": "))];
    }),
  );
}

function shapeOf(value: string): string {
  return value.replaceAll(/[0-9a-f]{16,32}/g, "<id>").replace(/^\d{4}-.*Z$/, "<time>");
}

const ADAPTERS = [postgres(), nats(), kafka(), redis(), rabbitmq()];

test("the table of transports is what the bus tells of them", () => {
  const rows = PAGE.split("\n").flatMap((line) => {
    const [, name, ordering, retention, replay, requests, bytes] = line.split("|").map((cell) => cell.trim());
    return name !== undefined && ADAPTERS.some((adapter) => `\`${adapter.name}\`` === name)
      ? [[name.replaceAll("`", ""), { ordering, retention, replay, requests, bytes }] as const]
      : [];
  });
  const word = (has: boolean): string => (has ? "yes" : "no");
  const told = ADAPTERS.map(({ name, capabilities: can }) => [
    name,
    {
      ordering: can.ordering,
      retention: word(can.retention),
      replay: word(can.replay),
      requests: word(can.requestReply),
      bytes: `${Math.floor(can.maxDataBytes / 1_024)} KiB`,
    },
  ]);
  expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(told));
});

test("the errors that end at once are those that the page lists", () => {
  const listed = /end at once: ([^.]+)\./.exec(PAGE.replaceAll("\n", " "))?.[1]?.match(/[A-Z_]{4,}/g);
  expect(listed).toEqual(DEFAULT_EVENT_POLICY.terminalCodes);
});
