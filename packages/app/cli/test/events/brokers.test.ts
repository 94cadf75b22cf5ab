import { randomBytes } from "node:crypto";
import { realPostgres } from "@parley/postgres/testing";
import type { LoadedSystem } from "@parley/runtime";
import { startForTest } from "@parley/runtime/testing";
import { kafka } from "@parley/transport-kafka";
import { nats } from "@parley/transport-nats";
import { rabbitmq } from "@parley/transport-rabbitmq";
import { redis } from "@parley/transport-redis";
import { defineEvent, defineRequest, defineService, defineSystem, notFound, on, respond } from "parleyjs";
import { describe, expect, test } from "vitest";
import { GreetingService } from "../fixtures/greetings/gen/greetings/v1/greetings_pb.ts";
import {
  GetNameRequestSchema,
  GetNameResponseSchema,
  NameService,
} from "../fixtures/greetings/gen/names/v1/names_pb.ts";
import { WELCOMES_DIR } from "../welcomes.ts";
import { isReachable, BROKERS as RUNNING } from "./brokers.ts";

/** A database of PostgreSQL is made for the test. */
const BROKERS = {
  POSTGRES: (await realPostgres())?.missingDatabase() ?? "postgres://127.0.0.1:1/none",
  ...RUNNING,
} as const;

const TRANSPORTS = [nats(), rabbitmq(), redis(), kafka()];

/** One service that counts names up, one that greets them; the topic is this run's own. */
function counting(): LoadedSystem {
  const Counted = defineEvent({
    name: `names.counted_${randomBytes(4).toString("hex")}`,
    schema: GetNameResponseSchema,
    key: () => "all",
  });
  const migrations = (name: string) => new URL(`../fixtures/welcomes/migrations/${name}`, import.meta.url);
  const nameService = defineService({
    name: "name-service",
    port: 0,
    implements: NameService,
    database: { name: "namedb", migrations: migrations("namedb") },
    publishes: [Counted],
    setup: ({ events }) => ({
      methods: {
        async addName({ name }) {
          for (let id = 1; id <= 20; id++) await events.publishNow(Counted, { id, name });
          return {};
        },
        getName: () => ({}),
      },
    }),
  });
  const heard: number[] = [];
  const greetingService = defineService({
    name: "greeting-service",
    port: 0,
    implements: GreetingService,
    database: { name: "greetingdb", migrations: migrations("greetingdb") },
    subscribes: [Counted],
    setup: ({ db }) => ({
      methods: {
        async greet({ id }) {
          const { rows } = await db.query<{ greeting: string }>("SELECT greeting FROM greetings WHERE id = $1", [id]);
          if (!rows[0]) throw notFound("greeting");
          return { greeting: `${rows[0].greeting} ${heard.join(" ")}` };
        },
      },
      events: [
        on(Counted, async ({ id, name }, { tx, attempt }) => {
          if (id === 7 && attempt === 1) throw new Error("once more");
          await tx.query("INSERT INTO greetings (id, greeting) VALUES ($1, $2)", [id, name]);
          heard.push(id);
        }),
      ],
    }),
  });
  const definition = defineSystem({
    name: "counting",
    services: [nameService, greetingService],
    policy: "policy.yaml",
    transports: TRANSPORTS,
  });
  return { definition, directory: WELCOMES_DIR, entry: `${WELCOMES_DIR}/system.ts` };
}

describe.each(Object.entries(BROKERS))("over %s", async (_name, url) => {
  // In CI a server that is missing is a failure.
  test.skipIf(process.env.CI !== "true" && !(await isReachable(url)))(
    "each event is handled once, in the order of its key, failures included",
    {
      timeout: 90_000,
    },
    async () => {
      await using system = await startForTest(counting(), { env: { EVENTS_URL: url } });
      await system.clientOf(NameService).addName({ name: "Ada" });
      await system.settled({ timeoutMs: 45_000 });
      const { greeting } = await system.clientOf(GreetingService).greet({ id: 20 });
      expect(greeting).toBe(`Ada ${Array.from({ length: 20 }, (_, index) => index + 1).join(" ")}`);
    },
  );
});

/** greeting-service asks name-service over the broker, by a subject of this run's own. */
function asking(): LoadedSystem {
  const NameOf = defineRequest({
    name: `names.lookup_${randomBytes(4).toString("hex")}`,
    request: GetNameRequestSchema,
    response: GetNameResponseSchema,
  });
  const nameService = defineService({
    name: "name-service",
    port: 0,
    implements: NameService,
    responds: [NameOf],
    setup: () => ({
      methods: { addName: () => ({}), getName: () => ({}) },
      responders: [
        respond(NameOf, async ({ id }) => {
          if (id !== 1) throw notFound("name");
          return { id, name: "Ada" };
        }),
      ],
    }),
  });
  const greetingService = defineService({
    name: "greeting-service",
    port: 0,
    implements: GreetingService,
    requests: [NameOf],
    setup: ({ events }) => ({
      methods: {
        async greet({ id }) {
          const { name } = await events.request(NameOf, { id });
          return { greeting: `Hello, ${name}` };
        },
      },
    }),
  });
  const definition = defineSystem({
    name: "asking",
    services: [nameService, greetingService],
    transports: TRANSPORTS,
  });
  return { definition, directory: WELCOMES_DIR, entry: `${WELCOMES_DIR}/system.ts` };
}

test.skipIf(process.env.CI !== "true" && !(await isReachable(BROKERS.NATS)))(
  "a question is asked and answered over a broker that can, errors included",
  { timeout: 60_000 },
  async () => {
    const EVENTS_URL = BROKERS.NATS;
    await using system = await startForTest(asking(), { env: { EVENTS_URL } });
    const greetings = system.clientOf(GreetingService);
    expect(await greetings.greet({ id: 1 })).toMatchObject({ greeting: "Hello, Ada" });
    await expect(greetings.greet({ id: 2 })).rejects.toMatchObject({ code: "NOT_FOUND" });
  },
);

test("a service that answers over a transport that cannot is refused, with those that can", {
  timeout: 60_000,
}, async () => {
  await expect(startForTest(asking())).rejects.toThrow(/postgres.*nats.*rabbitmq/s);
});
