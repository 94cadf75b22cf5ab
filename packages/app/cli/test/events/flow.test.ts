import type { LoadedSystem } from "@parley/runtime";
import { startForTest } from "@parley/runtime/testing";
import { defineEvent, defineQueue, defineService, defineSystem, type EventContext, on, work } from "parleyjs";
import { expect, test, vi } from "vitest";
import { GreetingService } from "../fixtures/greetings/gen/greetings/v1/greetings_pb.ts";
import { GetNameRequestSchema, NameService } from "../fixtures/greetings/gen/names/v1/names_pb.ts";
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
      setup: ({ jobs }) => ({
        methods: {
          async addName() {
            await jobs.enqueueNow(Slow, { id: 1 });
            await jobs.enqueueNow(Slow, { id: 2 }, { delayMs: 3_600_000 });
            return {};
          },
          getName: () => ({}),
        },
        jobs: [
          work(Slow, async ({ id }, { tx }) => {
            begun.resolve();
            await release.promise;
            await tx.query("SELECT 1");
            done.push(id);
          }),
        ],
      }),
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
    setup: ({ db, events, jobs }) => ({
      methods: {
        async addName({ name }) {
          await db.transaction((tx) =>
            name === "event"
              ? events.publish(tx, NameAdded as never, {} as never)
              : jobs.enqueue(tx, Other as never, {} as never),
          );
          return {};
        },
        getName: () => ({}),
      },
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

const listener = defineService({
  name: "name-service",
  port: 0,
  implements: NameService,
  database,
  subscribes: [NameAdded],
  setup: () => ({
    methods: { addName: () => ({}), getName: () => ({}) },
    events: [on(NameAdded, async () => {})],
  }),
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
      /namedb of name-service cannot be opened: it lacks \d migrations: 0001_create_names.sql, parley\/.*; run parley migrate up/,
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
    setup: ({ events }) => ({
      methods: {
        async addName({ name }) {
          await events.publishNow(NameAdded, { id: 1, name });
          return {};
        },
        getName: () => ({}),
      },
    }),
  });
  const listener = defineService({
    name: "greeting-service",
    port: 0,
    implements: GreetingService,
    subscribes: [NameAdded],
    setup: () => ({
      methods: { greet: () => ({}) },
      events: [
        on(NameAdded, async ({ name }, { attempt }) => {
          if (attempt === 1) throw new Error("once more");
          heard.push(name);
        }),
      ],
    }),
  });
  await using system = await startForTest(systemOf(publisher, listener));
  await system.clientOf(NameService).addName({ name: "Ada" });
  await system.settled();
  expect(heard).toEqual(["Ada"]);
});

test(
  "without a database publishNow goes to the broker, and a handler has the context of a call",
  PATIENCE,
  async () => {
    const heard: Partial<EventContext>[] = [];
    const publisher = defineService({
      name: "name-service",
      port: 0,
      implements: NameService,
      publishes: [NameAdded],
      setup: ({ events }) => ({
        methods: {
          async addName({ name }) {
            await events.publishNow(NameAdded, { id: 1, name });
            return {};
          },
          async getName() {
            await events.publishNow(NameAdded, { id: 1 }, { delayMs: 10 });
            return {};
          },
        },
      }),
    });
    const listener = defineService({
      name: "greeting-service",
      port: 0,
      implements: GreetingService,
      database: { ...database, name: "greetingdb" },
      subscribes: [NameAdded],
      setup: () => ({
        methods: { greet: () => ({}) },
        events: [
          on(NameAdded, async (_, { requestId, tenant, caller, deadlineMs, causationId, envelope, tx, signal }) => {
            await tx.query("SELECT 1");
            heard.push({ requestId, tenant, caller, deadlineMs, causationId, envelope, signal });
          }),
        ],
      }),
    });
    await using system = await startForTest(systemOf(publisher, listener));
    const client = system.clientOf(NameService);
    await client.addName({ name: "Ada" });
    await system.settled();
    await vi.waitFor(() => expect(heard).toHaveLength(1), { timeout: 10_000 });
    const [context] = heard;
    expect(context).toMatchObject({
      requestId: expect.any(String),
      caller: "name-service",
      causationId: context?.envelope?.id,
      deadlineMs: expect.any(Number),
      signal: expect.any(AbortSignal),
    });
    await expect(client.getName({ id: 1 })).rejects.toThrow(
      "name-service has no database, and publishing names.added later needs one: give it one",
    );
  },
);

test(
  "handlers that do not fit the lists of the definition stop the start, each with a sentence",
  PATIENCE,
  async () => {
    const Seen = defineEvent({ name: "names.seen", schema: GetNameRequestSchema });
    const Prints = defineQueue({ name: "prints", schema: GetNameRequestSchema });
    const service = defineService({
      name: "name-service",
      port: 0,
      implements: NameService,
      database,
      subscribes: [NameAdded],
      queues: [Prints],
      setup: () => ({
        methods: { addName: () => ({}), getName: () => ({}) },
        events: [on(Seen as never, async () => {})],
        jobs: [],
      }),
    });
    await expect(startForTest(systemOf(service))).rejects.toThrow(
      'name-service cannot start: setup returns no handler for the event "names.added", which subscribes names: return on(…) for it, or take it out of subscribes; ' +
        'setup returns a handler for the event "names.seen", which subscribes does not name: add it there; ' +
        'setup returns no handler for the queue "prints", which queues names: return work(…) for it, or take it out of queues',
    );
  },
);

test("what is no transaction is refused by publish and enqueue, with what to use instead", PATIENCE, async () => {
  const Prints = defineQueue({ name: "prints", schema: GetNameRequestSchema });
  const service = defineService({
    name: "name-service",
    port: 0,
    implements: NameService,
    database,
    publishes: [NameAdded],
    queues: [Prints],
    setup: ({ db, events, jobs }) => ({
      methods: {
        async addName() {
          await events.publish(db as never, NameAdded, { id: 1 });
          return {};
        },
        async getName() {
          await jobs.enqueue(db as never, Prints, { id: 1 });
          return {};
        },
      },
      jobs: [work(Prints, async () => {})],
    }),
  });
  await using system = await startForTest(systemOf(service));
  const client = system.clientOf(NameService);
  const refused = (what: string, instead: string) => ({
    code: "FAILED_PRECONDITION",
    message: expect.stringContaining(
      `${what} of name-service was given no transaction: pass the tx of the change that caused it, or use ${instead} where there is no such change`,
    ),
  });
  await expect(client.addName({ name: "Ada" })).rejects.toMatchObject(refused("publish", "publishNow"));
  await expect(client.getName({ id: 1 })).rejects.toMatchObject(refused("enqueue", "enqueueNow"));
});
