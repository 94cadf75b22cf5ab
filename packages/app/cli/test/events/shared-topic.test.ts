import { randomBytes } from "node:crypto";
import type { LoadedSystem } from "@parley/runtime";
import { startForTest } from "@parley/runtime/testing";
import { kafka } from "@parley/transport-kafka";
import { nats } from "@parley/transport-nats";
import { rabbitmq } from "@parley/transport-rabbitmq";
import { redis } from "@parley/transport-redis";
import { defineEvent, defineService, defineSystem, on } from "parleyjs";
import { describe, expect, test, vi } from "vitest";
import { GreetingService } from "../fixtures/greetings/gen/greetings/v1/greetings_pb.ts";
import { GetNameResponseSchema, NameService } from "../fixtures/greetings/gen/names/v1/names_pb.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { WELCOMES_DIR } from "../welcomes.ts";
import { BROKERS, isReachable } from "./brokers.ts";

const KEYS = ["ada", "alan", "grace", "edsger"];
const EVENTS_PER_KEY = 24;

/** One service that publishes four kinds of events of one course over one topic, one that hears three of them. */
function courses() {
  const topic = `courses_${randomBytes(4).toString("hex")}`;
  const [Created, Updated, Viewed, Deleted] = ["created", "updated", "viewed", "deleted"].map((action) =>
    defineEvent({ name: `${topic}.${action}`, topic, schema: GetNameResponseSchema, key: ({ name }) => name }),
  ) as [Course, Course, Course, Course];
  const life = [Created, Updated, Viewed, Deleted];
  const migrations = (name: string) => new URL(`../fixtures/welcomes/migrations/${name}`, import.meta.url);
  const nameService = defineService({
    name: "name-service",
    port: 0,
    implements: NameService,
    database: { name: "namedb", migrations: migrations("namedb") },
    publishes: life,
    setup: ({ events }) => ({
      methods: {
        async addName({ name }) {
          for (let id = 0; id < EVENTS_PER_KEY; id++) {
            await events.publishNow(life[id % life.length] as Course, { id, name });
          }
          return {};
        },
        getName: () => ({}),
      },
    }),
  });
  const heard: { readonly key: string; readonly id: number }[] = [];
  const greetingService = defineService({
    name: "greeting-service",
    port: 0,
    implements: GreetingService,
    database: { name: "greetingdb", migrations: migrations("greetingdb") },
    subscribes: [Created, Updated, Deleted],
    setup: () => ({
      methods: { greet: () => ({}) },
      events: [Created, Updated, Deleted].map((event) =>
        on(event, async ({ id, name }, { attempt }) => {
          if (id % 5 === 0 && attempt === 1) throw new Error("once more");
          heard.push({ key: name, id });
        }),
      ),
    }),
  });
  const definition = defineSystem({
    name: "courses",
    services: [nameService, greetingService],
    transports: [nats(), rabbitmq(), kafka(), redis()],
    policy: "policy.yaml",
  });
  const system: LoadedSystem = { definition, directory: WELCOMES_DIR, entry: `${WELCOMES_DIR}/system.ts` };
  return { system, heard };
}

type Course = ReturnType<typeof defineEvent<typeof GetNameResponseSchema>>;

/** What each key must be heard as: all ids in their order, but for those of the kind that is not subscribed to. */
const IDS = Array.from({ length: EVENTS_PER_KEY }, (_, id) => id).filter((id) => id % 4 !== 2);

describe.each(Object.entries({ "the embedded log": undefined, ...BROKERS }))("over %s", async (_name, url) => {
  // In CI a server that is missing is a failure.
  const isThere = url === undefined || process.env.CI === "true" || (await isReachable(url));
  test.skipIf(!isThere)(
    "created, updated and deleted of one course are handled in their order, failures and a restart included",
    { timeout: 120_000 },
    async () => {
      const { system, heard } = courses();
      const env = { PARLEY_DATA_DIR: await temporaryFolder(), ...(url !== undefined && { EVENTS_URL: url }) };
      {
        await using first = await startForTest(system, { env });
        await Promise.all(KEYS.map((name) => first.clientOf(NameService).addName({ name })));
        await vi.waitFor(() => expect(heard.length).toBeGreaterThan(KEYS.length * 3), { timeout: 45_000 });
      }
      await using second = await startForTest(system, { env });
      await second.settled({ timeoutMs: 60_000 });
      const violations = KEYS.flatMap((key) => {
        const ids = heard.filter((one) => one.key === key).map(({ id }) => id);
        // The stop may have rolled back the last handling, which then comes again.
        const once = ids.filter((id, index) => id !== ids[index - 1]);
        return JSON.stringify(once) === JSON.stringify(IDS) ? [] : [{ key, ids }];
      });
      expect(violations).toEqual([]);
    },
  );
});
