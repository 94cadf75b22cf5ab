import type { Database, Transaction } from "@parley/core";
import { defineEvent, defineQueue } from "@parley/events";
import type { Client } from "@parley/rpc";
import { defineService } from "parleyjs";
import { expectTypeOf, test } from "vitest";
import { GreetingService } from "../fixtures/greetings/gen/greetings/v1/greetings_pb.ts";
import {
  AddNameRequestSchema,
  GetNameResponseSchema,
  NameService,
} from "../fixtures/greetings/gen/names/v1/names_pb.ts";

const base = { name: "greeting-service", port: 1, implements: GreetingService } as const;
const greet = () => ({ greeting: "" });

test("setup gets typed clients and the database that was asked for", () => {
  defineService({
    ...base,
    calls: { names: NameService },
    database: { name: "db", migrations: "migrations" },
    setup({ names, db, log, clock, onStop }) {
      expectTypeOf(names).toEqualTypeOf<Client<typeof NameService>>();
      expectTypeOf(db).toEqualTypeOf<Database>();
      expectTypeOf(clock.now()).toEqualTypeOf<number>();
      onStop(() => log.info({}));
      return {
        async greet({ id, delayMs }, { deadlineMs }) {
          expectTypeOf(id).toEqualTypeOf<number>();
          expectTypeOf(delayMs).toEqualTypeOf<number>();
          expectTypeOf(deadlineMs).toEqualTypeOf<number>();
          const { name } = await names.getName({ id });
          return { greeting: name };
        },
      };
    },
  });
});

test("a list of contracts wants a list of implementations in the same order", () => {
  const names = { addName: () => ({ id: 1 }), getName: () => ({ name: "Ada" }) };
  defineService({ ...base, implements: [GreetingService, NameService], setup: () => [{ greet }, names] });
  defineService({
    ...base,
    implements: [GreetingService, NameService],
    // @ts-expect-error the order is the other way round
    setup: () => [names, { greet }],
  });
});

test("what is not declared is not there", () => {
  defineService({
    ...base,
    // @ts-expect-error no database was asked for
    setup: ({ db }) => ({ greet: () => ({ greeting: String(db) }) }),
  });
  defineService({
    ...base,
    // @ts-expect-error nothing is called
    setup: ({ names }) => ({ greet: () => ({ greeting: String(names) }) }),
  });
});

test("a method that is missing, misspelt or answers wrongly does not compile", () => {
  // @ts-expect-error greet is missing
  defineService({ ...base, setup: () => ({}) });
  // @ts-expect-error the field is called greeting
  defineService({ ...base, setup: () => ({ greet: async () => ({ greting: "Hello" }) }) });
  // @ts-expect-error a greeting is a text
  defineService({ ...base, setup: () => ({ greet: () => ({ greeting: 1 }) }) });
});

const Named = defineEvent({ name: "names.added", schema: AddNameRequestSchema });
const Renamed = defineEvent({ name: "names.changed", schema: GetNameResponseSchema });
const Greetings = defineQueue({ name: "greetings", schema: AddNameRequestSchema });
const database = { name: "db", migrations: "migrations" } as const;

test("only what a service says it publishes and queues can be published and enqueued, with payloads that fit", () => {
  defineService({
    ...base,
    database,
    publishes: [Named],
    queues: [Greetings],
    setup({ db, publish, enqueue, work }) {
      void (async () => {
        await publish(db, Named, { name: "Ada" });
        await enqueue(db, Greetings, { name: "Ada" }, { priority: 3, delayMs: 10 });
        // @ts-expect-error the event is not in publishes
        await publish(db, Renamed, { name: "Ada" });
        // @ts-expect-error the field is called name
        await publish(db, Named, { nmae: "Ada" });
        // @ts-expect-error an event is no queue
        await enqueue(db, Named, { name: "Ada" });
      });
      work(Greetings, async ({ name }, { tx, attempt }) => {
        expectTypeOf(name).toEqualTypeOf<string>();
        expectTypeOf(tx).toEqualTypeOf<Transaction>();
        expectTypeOf(attempt).toEqualTypeOf<number>();
      });
      return { greet };
    },
  });
  defineService({
    ...base,
    publishes: [],
    // @ts-expect-error what publishes has a database
    setup: ({ publish }) => ({ greet: () => ({ greeting: String(publish) }) }),
  });
});

test("every service can hear events", () => {
  defineService({
    ...base,
    database,
    setup({ subscribe, subscribeBatch }) {
      subscribe(Named, async ({ name }, { tx, envelope }) => {
        expectTypeOf(name).toEqualTypeOf<string>();
        expectTypeOf(tx).toEqualTypeOf<Transaction>();
        expectTypeOf(envelope.id).toEqualTypeOf<string>();
      });
      subscribeBatch(
        Named,
        async ([first]) => void expectTypeOf(first?.payload.name).toEqualTypeOf<string | undefined>(),
        {
          maxSize: 10,
          maxWaitMs: 100,
        },
      );
      return { greet };
    },
  });
  defineService({
    ...base,
    setup({ subscribe }) {
      subscribe(Named, async ({ name }) => void expectTypeOf(name).toEqualTypeOf<string>());
      return { greet };
    },
  });
});

test("a client cannot take a name that is taken", () => {
  // @ts-expect-error publish publishes
  defineService({ ...base, calls: { publish: NameService }, setup: () => ({ greet }) });
  // @ts-expect-error log is the logger
  defineService({ ...base, calls: { log: NameService }, setup: () => ({ greet }) });
});
