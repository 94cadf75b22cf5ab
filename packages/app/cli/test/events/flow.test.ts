import type { LoadedSystem } from "@parley/runtime";
import { startForTest } from "@parley/runtime/testing";
import { defineEvent, defineQueue, defineService, defineSystem } from "parleyjs";
import { expect, test } from "vitest";
import { GreetingService } from "../fixtures/greetings/gen/greetings/v1/greetings_pb.ts";
import {
  AddNameRequestSchema,
  GetNameRequestSchema,
  NameService,
} from "../fixtures/greetings/gen/names/v1/names_pb.ts";
import { NameAdded } from "../fixtures/welcomes/events.ts";
import { call } from "../http.ts";
import { WELCOMES_DIR, welcomes } from "../welcomes.ts";

const PATIENCE = { timeout: 60_000 };
const database = { name: "namedb", migrations: new URL("../fixtures/welcomes/migrations/namedb", import.meta.url) };

function systemOf(...services: Parameters<typeof defineSystem>[0]["services"]): LoadedSystem {
  const definition = defineSystem({ name: "few", services, policy: "policy.yaml" });
  return { definition, directory: WELCOMES_DIR, entry: `${WELCOMES_DIR}/system.ts` };
}

test(
  "an event flows from one service to the other, its job is worked, and all of it is counted",
  PATIENCE,
  async () => {
    await using system = await startForTest(welcomes);
    const { id } = await system.clientOf(NameService).addName({ name: "Ada" });
    await system.settled();
    expect(await system.clientOf(GreetingService).greet({ id })).toMatchObject({ greeting: "Hello, Ada (printed)" });
    expect(await system.running.lag()).toEqual(
      new Map([
        ["name-service", { outbox: 0, groups: [], queues: [] }],
        [
          "greeting-service",
          {
            outbox: 0,
            groups: [{ event: "names.added", group: "greeting-service", count: 0, oldestMs: 0 }],
            queues: [{ queue: "prints", count: 0, oldestMs: 0 }],
          },
        ],
      ]),
    );
    const door = system.addressOf("door");
    const { body } = await call(`${door}/metrics`);
    expect(body).toContain('parley_events_relayed_total{name="names.added",code="OK"} 1');
    expect(body).toMatch(/parley_events_handled_total\{kind="event",name="names.added",.*outcome="done".*\} 1/);
    expect(body).toMatch(/parley_events_handled_total\{kind="job",name="prints",.*outcome="done".*\} 1/);
    expect(JSON.parse((await call(`${door}/health`)).body)).toMatchObject({ status: "ok", events: "connected" });
  },
);

test("what clients may hear reaches them live through the door", PATIENCE, async () => {
  await using system = await startForTest(welcomes);
  const controller = new AbortController();
  const response = await fetch(`${system.addressOf("door")}/events?events=names.added`, { signal: controller.signal });
  expect(response.status).toBe(200);
  await system.clientOf(NameService).addName({ name: "Ada" });
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += new TextDecoder().decode(chunk);
    if (text.includes("names.added")) break;
  }
  expect(text).toContain('"data":{"id":1,"name":"Ada"}');
  controller.abort();
});

test(
  "work that was taken is finished before the system is down, and what waits is there at the next start",
  PATIENCE,
  async () => {
    const Slow = defineQueue({ name: "slow", schema: GetNameRequestSchema });
    const begun = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const done: number[] = [];
    const service = defineService({
      name: "name-service",
      port: 0,
      implements: NameService,
      database,
      queues: [Slow],
      setup({ db, enqueue, work }) {
        work(Slow, async ({ id }, { tx }) => {
          begun.resolve();
          await release.promise;
          await tx.query("SELECT 1");
          done.push(id);
        });
        return {
          async addName() {
            await enqueue(db, Slow, { id: 1 });
            await enqueue(db, Slow, { id: 2 }, { delayMs: 3_600_000 });
            return {};
          },
          getName: () => ({}),
        };
      },
    });
    const system = await startForTest(systemOf(service));
    await system.clientOf(NameService).addName({ name: "x" });
    await begun.promise;
    const stopped = system.running.stop();
    release.resolve();
    expect(await stopped).toBe("drained");
    expect(done).toEqual([1]);
    await system[Symbol.asyncDispose]();
  },
);

test("what a service does not say it publishes or queues is refused by name", PATIENCE, async () => {
  const Other = defineQueue({ name: "other", schema: GetNameRequestSchema });
  const service = defineService({
    name: "name-service",
    port: 0,
    implements: NameService,
    database,
    publishes: [defineEvent({ name: "names.seen", schema: GetNameRequestSchema })],
    setup: ({ db, publish, enqueue }) => ({
      async addName({ name }) {
        await (name === "event"
          ? publish(db, NameAdded as never, {} as never)
          : enqueue(db, Other as never, {} as never));
        return {};
      },
      getName: () => ({}),
    }),
  });
  await using system = await startForTest(systemOf(service));
  const client = system.clientOf(NameService);
  await expect(client.addName({ name: "event" })).rejects.toMatchObject({
    code: "FAILED_PRECONDITION",
    message: expect.stringContaining(
      'name-service names the event "names.added" nowhere in publishes, which has names.seen: add it there',
    ),
  });
  await expect(client.addName({ name: "job" })).rejects.toThrow(
    'name-service names the queue "other" nowhere in queues, which has nothing: add it there',
  );
});

test("an event that is heard with another schema than it is published with stops the start", PATIENCE, async () => {
  const publisher = defineService({
    name: "name-service",
    port: 0,
    implements: NameService,
    database,
    publishes: [NameAdded],
    setup: () => ({ addName: () => ({}), getName: () => ({}) }),
  });
  const listener = defineService({
    name: "greeting-service",
    port: 0,
    implements: GreetingService,
    setup({ subscribe }) {
      subscribe(defineEvent({ name: "names.added", schema: AddNameRequestSchema }), async () => {});
      return { greet: () => ({}) };
    },
  });
  await expect(startForTest(systemOf(publisher, listener))).rejects.toThrow(
    'greeting-service cannot start: the event "names.added" is heard as names.v1.AddNameRequest, but holds names.v1.GetNameResponse elsewhere in the system; an event has one schema',
  );
});

const listener = defineService({
  name: "name-service",
  port: 0,
  implements: NameService,
  database,
  setup({ subscribe }) {
    subscribe(NameAdded, async () => {});
    return { addName: () => ({}), getName: () => ({}) };
  },
});

test(
  "a service that hears the events of another system has its tables, or is told that they are missing",
  PATIENCE,
  async () => {
    await using system = await startForTest(systemOf(listener));
    await system.settled();
    const JWT_SECRET = "a secret of the test, long enough for HS256";
    const env = { NODE_ENV: "production", PARLEY_DATABASE: "embedded", HOST: "127.0.0.1", JWT_SECRET };
    await expect(startForTest(systemOf(listener), { env })).rejects.toThrow(
      /namedb of name-service cannot be opened: it lacks the migration 0001_create_names.sql; run parley migrate up/,
    );
  },
);

test("a service without a database hears events too, at least once", PATIENCE, async () => {
  const heard: string[] = [];
  const publisher = defineService({
    name: "name-service",
    port: 0,
    implements: NameService,
    database,
    publishes: [NameAdded],
    setup: ({ db, publish }) => ({
      async addName({ name }) {
        await publish(db, NameAdded, { id: 1, name });
        return {};
      },
      getName: () => ({}),
    }),
  });
  const listener = defineService({
    name: "greeting-service",
    port: 0,
    implements: GreetingService,
    setup({ subscribe }) {
      subscribe(NameAdded, async ({ name }, { attempt }) => {
        if (attempt === 1) throw new Error("once more");
        heard.push(name);
      });
      return { greet: () => ({}) };
    },
  });
  await using system = await startForTest(systemOf(publisher, listener));
  await system.clientOf(NameService).addName({ name: "Ada" });
  await system.settled();
  expect(heard).toEqual(["Ada"]);
});
