import { defineEvent, defineQueue, type EventDefinition } from "@parley/events";
import { nats } from "@parley/transport-nats";
import { defineGateway, defineService, defineSystem, liveEvent, on, work } from "parleyjs";
import { expect, test } from "vitest";
import { GreetingService } from "../fixtures/greetings/gen/greetings/v1/greetings_pb.ts";
import {
  AddNameRequestSchema,
  GetNameRequestSchema,
  NameService,
} from "../fixtures/greetings/gen/names/v1/names_pb.ts";

const names = {
  name: "name-service",
  port: 50_051,
  implements: NameService,
  setup: () => ({ methods: { addName: () => ({}), getName: () => ({}) } }),
};
const greetings = {
  name: "greeting-service",
  port: 50_052,
  implements: GreetingService,
  calls: { names: NameService },
  setup: () => ({ methods: { greet: () => ({}) } }),
};

test("a sound system is built", () => {
  const system = defineSystem({
    name: "greetings",
    services: [defineService(names), defineService(greetings)],
    gateways: [defineGateway({ name: "door", port: 3000, routes: [NameService, GreetingService] })],
  });
  expect(system.services.map(({ name }) => name)).toEqual(["name-service", "greeting-service"]);
});

test("every mistake is told at once", () => {
  const build = () =>
    defineSystem({
      name: "Greetings!",
      services: [
        defineService({ ...greetings, port: 70_000, calls: { log: NameService } }),
        defineService({ ...greetings, port: 3000, database: { name: "Greet DB", migrations: "x" } }),
        defineService({
          ...greetings,
          name: "third",
          implements: [],
          setup: () => ({ methods: [] }),
          database: { name: "third", migrations: "x" },
        }),
      ],
      gateways: [defineGateway({ name: "door", port: 3000, routes: [NameService] })],
    });
  expect(build).toThrow(TypeError);
  expect(build).toThrowErrorMatchingInlineSnapshot(`
    [TypeError: system "Greetings!" cannot be built:
      - the system has the name "Greetings!"; use lower-case words joined by "-", such as "user-service"
      - 2 parts are named "greeting-service"; give each its own name
      - greeting-service has the port 70000; use a whole number from 0 (any free port) to 65535
      - greeting-service and door share the port 3000; give each its own
      - third implements nothing; name at least one contract
      - greetings.v1.GreetingService is implemented by greeting-service and greeting-service; a contract has one home
      - greeting-service calls names.v1.NameService, which no service of the system implements
      - greeting-service calls names.v1.NameService, which no service of the system implements
      - third calls names.v1.NameService, which no service of the system implements
      - door routes to names.v1.NameService, which no service of the system implements
      - greeting-service has the database "Greet DB"; use at most 63 lower-case letters, digits and "_"
      - the database "third" of third and a service would both be set by THIRD_URL; rename one]
  `);
});

test("a system without services is refused", () => {
  expect(() => defineSystem({ name: "empty", services: [] })).toThrow("services is empty");
});

test("what is wrong with events and queues is told with the rest", () => {
  const Added = defineEvent({ name: "names.added", schema: AddNameRequestSchema });
  const Else = defineEvent({ name: "names.added", schema: GetNameRequestSchema });
  const Prints = defineQueue({ name: "prints", schema: GetNameRequestSchema });
  const build = () =>
    defineSystem({
      name: "greetings",
      services: [
        defineService({
          ...names,
          name: "events",
          publishes: [Added],
          queues: [Prints],
          setup: () => ({ ...names.setup(), jobs: [work(Prints, async () => {})] }),
        }),
        defineService({
          ...greetings,
          publishes: [Else, Else],
          database: { name: "greetings_events", migrations: "x" },
        }),
      ],
    });
  expect(build).toThrowErrorMatchingInlineSnapshot(`
    [TypeError: system "greetings" cannot be built:
      - events has the queues prints and no database; jobs are stored with the change that asks for them, so give it one
      - greeting-service has the database "greetings_events", which is where the system's events are kept; choose another name
      - greeting-service lists the event "names.added" 2 times in publishes; once is enough
      - the event "names.added" has several schemas: names.v1.AddNameRequest in events, names.v1.GetNameRequest in greeting-service; an event has one
      - the address of "events" would be EVENTS_URL, which has a meaning of its own; rename it]
  `);
});

test("an event that is heard with another schema than it is published with is refused", () => {
  const Added = defineEvent({ name: "names.added", schema: AddNameRequestSchema });
  const Else = defineEvent({ name: "names.added", schema: GetNameRequestSchema });
  const publisher = defineService({ ...names, publishes: [Added] });
  const listener = defineService({
    ...greetings,
    subscribes: [Else],
    setup: () => ({ ...greetings.setup(), events: [on(Else, async () => {})] }),
  });
  expect(() => defineSystem({ name: "greetings", services: [publisher, listener] })).toThrow(
    'the event "names.added" has several schemas: names.v1.AddNameRequest in name-service, names.v1.GetNameRequest in greeting-service; an event has one',
  );
  const gateway = defineGateway({
    name: "door",
    port: 3000,
    routes: [NameService],
    realtime: { events: [liveEvent(Else, "everyone")] },
  });
  expect(() => defineSystem({ name: "greetings", services: [publisher], gateways: [gateway] })).toThrow(
    "names.v1.GetNameRequest in door; an event has one",
  );
});

test("a variable that is no name, or that means something else already, is refused", () => {
  const build = (addressVariable: string, variables: Record<string, string>) => () =>
    defineSystem({ name: "named", services: [defineService({ ...greetings, calls: {}, addressVariable })], variables });
  expect(build("EVENTS_URL", { "e-mail": "Mail.", LOG_LEVEL: "The level." })).toThrowErrorMatchingInlineSnapshot(`
    [TypeError: system "named" cannot be built:
      - the address of greeting-service names the variable EVENTS_URL, which has another meaning already; choose another
      - variables names the variable "e-mail"; use capitals, digits and "_", such as EMAIL_SERVICE_URL
      - variables names the variable LOG_LEVEL, which has another meaning already; choose another]
  `);
  expect(build("HELLO_URL", { HELLO_URL: "Hello." })).toThrow("which has another meaning already");
  expect(build("HELLO_URL", { GREETING_SERVICE_URL: "What it was." })).not.toThrow();
});

test("two transports with one scheme, and a scheme that no address can have, are refused", () => {
  const transports = [nats(), { ...nats(), name: "other" }, { ...nats(), name: "odd", schemes: { "Odd:": 1 } }];
  const service = defineService({ ...greetings, calls: {} });
  expect(() => defineSystem({ name: "several", services: [service], transports })).toThrowErrorMatchingInlineSnapshot(`
      [TypeError: system "several" cannot be built:
        - transports nats and other share the scheme "nats"; list one
        - transports nats and other share the scheme "tls"; list one
        - the transport odd has the scheme "Odd:"; use lower-case letters, digits, "+", "." and "-"]
    `);
});

test("a topic that is another event's own is refused; an event that moves may be subscribed to on both topics", () => {
  const event = (name: string, topic?: string) =>
    defineEvent({ name, ...(topic && { topic }), schema: AddNameRequestSchema, key: () => "all" });
  const build = (...subscribes: EventDefinition<typeof AddNameRequestSchema>[]) => {
    const service = defineService({ ...greetings, calls: {}, subscribes, setup: () => ({}) as never } as never);
    return () => defineSystem({ name: "moving", services: [service] });
  };
  const Added = event("names.added");
  expect(build(Added, event("names.removed", "names.added"))).toThrow(
    'the event "names.removed" has the topic "names.added", which is the event "names.added" itself',
  );
  expect(build(Added, Added)).toThrow('lists the event "names.added" 2 times in subscribes');
  expect(build(Added, event("names.added", "names"), event("names.removed", "names"))).not.toThrow();
});
