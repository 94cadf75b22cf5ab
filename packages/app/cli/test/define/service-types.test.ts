import type { Database, Principal, Transaction } from "@parley/core";
import { defineEvent, defineQueue, defineRequest } from "@parley/events";
import type { Client } from "@parley/rpc";
import { defineService, on, onBatch, respond, type Subscription, work } from "parleyjs";
import { expectTypeOf, test } from "vitest";
import { GreetingService } from "../fixtures/greetings/gen/greetings/v1/greetings_pb.ts";
import {
  AddNameRequestSchema,
  GetNameRequestSchema,
  GetNameResponseSchema,
  NameService,
} from "../fixtures/greetings/gen/names/v1/names_pb.ts";

const base = { name: "greeting-service", port: 1, implements: GreetingService } as const;
const methods = { greet: () => ({ greeting: "" }) };

test("setup gets typed clients and the database that was asked for", () => {
  defineService({
    ...base,
    calls: { names: NameService },
    database: { name: "db", migrations: "migrations" },
    setup({ calls, db, log, clock, onStop }) {
      expectTypeOf(calls.names).toEqualTypeOf<Client<typeof NameService>>();
      expectTypeOf(db).toEqualTypeOf<Database>();
      expectTypeOf(clock.now()).toEqualTypeOf<number>();
      onStop(() => log.info({}));
      return {
        methods: {
          async greet({ id, delayMs }, { deadlineMs }) {
            expectTypeOf(id).toEqualTypeOf<number>();
            expectTypeOf(delayMs).toEqualTypeOf<number>();
            expectTypeOf(deadlineMs).toEqualTypeOf<number>();
            const { name } = await calls.names.getName({ id });
            return { greeting: name };
          },
        },
      };
    },
  });
});

test("a list of contracts wants a list of implementations in the same order", () => {
  const names = { addName: () => ({ id: 1 }), getName: () => ({ name: "Ada" }) };
  defineService({
    ...base,
    implements: [GreetingService, NameService],
    setup: () => ({ methods: [{ greet: ({ id }) => ({ greeting: `${id}` }) }, names] }),
  });
  defineService({
    ...base,
    implements: [GreetingService, NameService],
    // @ts-expect-error the order is the other way round
    setup: () => ({ methods: [names, methods] }),
  });
});

test("what is not declared is not there", () => {
  defineService({
    ...base,
    // @ts-expect-error no database was asked for
    setup: ({ db }) => ({ methods: { greet: () => ({ greeting: String(db) }) } }),
  });
  defineService({
    ...base,
    // @ts-expect-error jobs live in a database
    setup: ({ jobs }) => ({ methods: { greet: () => ({ greeting: String(jobs) }) } }),
  });
  defineService({
    ...base,
    // @ts-expect-error nothing is called
    setup: ({ calls }) => ({ methods: { greet: () => ({ greeting: String(calls.names) }) } }),
  });
});

test("a client may have any name", () => {
  defineService({
    ...base,
    calls: { log: NameService, publish: NameService, db: NameService },
    setup({ calls, log }) {
      expectTypeOf(calls.log).toEqualTypeOf<Client<typeof NameService>>();
      expectTypeOf(log.info).toBeFunction();
      return { methods };
    },
  });
});

test("a method that is missing, misspelt or answers wrongly does not compile", () => {
  // @ts-expect-error greet is missing
  defineService({ ...base, setup: () => ({ methods: {} }) });
  // @ts-expect-error there are no methods
  defineService({ ...base, setup: () => ({}) });
  // @ts-expect-error the field is called greeting
  defineService({ ...base, setup: () => ({ methods: { greet: async () => ({ greting: "Hello" }) } }) });
  // @ts-expect-error a greeting is a text
  defineService({ ...base, setup: () => ({ methods: { greet: () => ({ greeting: 1 }) } }) });
});

const Named = defineEvent({ name: "names.added", schema: AddNameRequestSchema });
const Renamed = defineEvent({ name: "names.changed", schema: GetNameResponseSchema });
const Greetings = defineQueue({ name: "greetings", schema: AddNameRequestSchema });
const Prints = defineQueue({ name: "prints", schema: GetNameResponseSchema });
const NameOf = defineRequest({
  name: "names.lookup",
  request: GetNameRequestSchema,
  response: GetNameResponseSchema,
});
const Other = defineRequest({ name: "names.other", request: AddNameRequestSchema, response: GetNameRequestSchema });
const database = { name: "db", migrations: "migrations" } as const;

test("only what a service says it publishes and queues can be published and enqueued, with payloads that fit", () => {
  defineService({
    ...base,
    database,
    publishes: [Named],
    queues: [Greetings],
    setup({ db, events, jobs }) {
      void (() =>
        db.transaction(async (tx) => {
          await events.publish(tx, Named, { name: "Ada" });
          await events.publishNow(Named, { name: "Ada" }, { delayMs: 10 });
          await jobs.enqueue(tx, Greetings, { name: "Ada" }, { priority: 3, delayMs: 10 });
          await jobs.enqueueNow(Greetings, { name: "Ada" });
          // @ts-expect-error the event is not in publishes
          await events.publish(tx, Renamed, { name: "Ada" });
          // @ts-expect-error the event is not in publishes
          await events.publishNow(Renamed, { name: "Ada" });
          // @ts-expect-error the field is called name
          await events.publish(tx, Named, { nmae: "Ada" });
          // @ts-expect-error an event is no queue
          await jobs.enqueue(tx, Named, { name: "Ada" });
          // @ts-expect-error the queue is not in queues
          await jobs.enqueueNow(Prints, { name: "Ada" });
        }));
      return { methods, jobs: [work(Greetings, async () => {})] };
    },
  });
});

test("a change and its event or job cannot be written in two transactions by mistake", () => {
  defineService({
    ...base,
    database,
    publishes: [Named],
    queues: [Greetings],
    setup({ db, events, jobs }) {
      void (async () => {
        // @ts-expect-error the database is no transaction
        await events.publish(db, Named, { name: "Ada" });
        // @ts-expect-error a transaction is missing
        await events.publish(Named, { name: "Ada" });
        // @ts-expect-error the database is no transaction
        await jobs.enqueue(db, Greetings, { name: "Ada" });
      });
      return { methods, jobs: [work(Greetings, async () => {})] };
    },
  });
});

test("a service without a database publishes at once, and has no transaction to publish in", () => {
  defineService({
    ...base,
    publishes: [Named],
    setup({ events }) {
      void (() => events.publishNow(Named, { name: "Ada" }));
      // @ts-expect-error there is no transaction
      void events.publish;
      return { methods };
    },
  });
});

test("handlers of events have their message, and the context of a call with a transaction", () => {
  defineService({
    ...base,
    database,
    subscribes: [Named, Renamed],
    setup: () => ({
      methods,
      events: [
        on(Named, async ({ name }, context) => {
          expectTypeOf(name).toEqualTypeOf<string>();
          expectTypeOf(context.tx).toEqualTypeOf<Transaction>();
          expectTypeOf(context.envelope.id).toEqualTypeOf<string>();
          expectTypeOf(context.attempt).toEqualTypeOf<number>();
          expectTypeOf(context.principal).toEqualTypeOf<Principal | undefined>();
          expectTypeOf(context.requestId).toEqualTypeOf<string>();
        }),
        on(Renamed, async ({ id }) => void expectTypeOf(id).toEqualTypeOf<number>(), { group: "ids" }),
        onBatch(
          Named,
          async ([first], { tx }) => {
            expectTypeOf(first?.payload.name).toEqualTypeOf<string | undefined>();
            expectTypeOf(tx).toEqualTypeOf<Transaction>();
          },
          { group: "statistics", maxSize: 10, maxWaitMs: 100 },
        ),
      ],
    }),
  });
});

test("a service handles what it lists, and lists what it handles", () => {
  defineService({
    ...base,
    database,
    subscribes: [Named],
    // @ts-expect-error the event is not in subscribes
    setup: () => ({ methods, events: [on(Renamed, async () => {})] }),
  });
  // @ts-expect-error nothing is in subscribes
  defineService({ ...base, database, setup: () => ({ methods, events: [on(Renamed, async () => {})] }) });
  // @ts-expect-error the event has no handler
  defineService({ ...base, database, subscribes: [Named], setup: () => ({ methods }) });
  // @ts-expect-error the queue has no handler
  defineService({ ...base, database, queues: [Greetings], setup: () => ({ methods }) });
  defineService({
    ...base,
    database,
    queues: [Greetings],
    // @ts-expect-error the queue is not in queues
    setup: () => ({ methods, jobs: [work(Prints, async () => {})] }),
  });
});

test("a handler of jobs has its message, and the context of a call with a transaction", () => {
  defineService({
    ...base,
    database,
    queues: [Greetings],
    setup: () => ({
      methods,
      jobs: [
        work(
          Greetings,
          async ({ name }, { tx, attempt, id, principal }) => {
            expectTypeOf(name).toEqualTypeOf<string>();
            expectTypeOf(tx).toEqualTypeOf<Transaction>();
            expectTypeOf(attempt).toEqualTypeOf<number>();
            expectTypeOf(id).toEqualTypeOf<string>();
            expectTypeOf(principal).toEqualTypeOf<Principal | undefined>();
          },
          { concurrency: { min: 1, max: 2 } },
        ),
      ],
    }),
  });
});

test("only listed requests are asked and answered", () => {
  defineService({
    ...base,
    requests: [NameOf],
    responds: [Other],
    setup({ events }) {
      void (async () => {
        expectTypeOf((await events.request(NameOf, { id: 1 })).name).toEqualTypeOf<string>();
        // @ts-expect-error the request is not in requests
        await events.request(Other, { name: "Ada" });
      });
      return {
        methods,
        responders: [
          respond(Other, async ({ name }, { principal }) => {
            expectTypeOf(name).toEqualTypeOf<string>();
            expectTypeOf(principal).toEqualTypeOf<Principal | undefined>();
            return { id: 1 };
          }),
        ],
      };
    },
  });
  // @ts-expect-error the request is not in responds
  defineService({ ...base, setup: () => ({ methods, responders: [respond(NameOf, async () => ({}))] }) });
});

test("handlers can be made beside the service, with the part of the context that they need", () => {
  const remember = async ({ name }: { readonly name: string }, { tx }: { readonly tx: Transaction }) => {
    await tx.query("INSERT INTO names VALUES ($1)", [name]);
  };
  const elsewhere: Subscription<typeof Named> = on(Named, remember);
  defineService({ ...base, database, subscribes: [Named], setup: () => ({ methods, events: [elsewhere] }) });
});
