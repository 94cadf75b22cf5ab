import type { Database } from "@parley/core";
import type { Client } from "@parley/rpc";
import { expectTypeOf, test } from "vitest";
import { defineService } from "../../src/define/service.ts";
import { GreetingService } from "../fixtures/greetings/gen/greetings/v1/greetings_pb.ts";
import { NameService } from "../fixtures/greetings/gen/names/v1/names_pb.ts";

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

test("a client cannot take a name that is taken", () => {
  // @ts-expect-error log is the logger
  defineService({ ...base, calls: { log: NameService }, setup: () => ({ greet }) });
});
