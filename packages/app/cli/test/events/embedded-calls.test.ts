import { rm } from "node:fs/promises";
import { join } from "node:path";
import { notFound } from "@parley/core";
import { openDatabase } from "@parley/postgres";
import type { LoadedSystem } from "@parley/runtime";
import { startForTest } from "@parley/runtime/testing";
import { defineService, defineSystem, on } from "parleyjs";
import { expect, test } from "vitest";
import { GreetingService } from "../fixtures/greetings/gen/greetings/v1/greetings_pb.ts";
import { NameService } from "../fixtures/greetings/gen/names/v1/names_pb.ts";
import { NameAdded } from "../fixtures/welcomes/events.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { WELCOMES_DIR, welcomes } from "../welcomes.ts";

const PATIENCE = { timeout: 60_000 };
const databaseOf = (name: string) => ({
  name,
  migrations: new URL(`../fixtures/welcomes/migrations/${name}`, import.meta.url),
});

/** Greets each name that was added by what the other service, which has a database of its own, says of it. */
function systemThatAsks(): LoadedSystem {
  const nameService = defineService({
    name: "name-service",
    port: 0,
    implements: NameService,
    database: databaseOf("namedb"),
    publishes: [NameAdded],
    setup: ({ db, events }) => ({
      methods: {
        addName: ({ name }) =>
          db.transaction(async (tx) => {
            const { rows } = await tx.query<{ id: number }>("INSERT INTO names (name) VALUES ($1) RETURNING id", [
              name,
            ]);
            const id = rows[0]?.id ?? 0;
            await events.publish(tx, NameAdded, { id, name });
            return { id };
          }),
        async getName({ id }) {
          const { rows } = await db.query<{ id: number; name: string }>("SELECT id, name FROM names WHERE id = $1", [
            id,
          ]);
          return rows[0] ?? {};
        },
      },
    }),
  });
  const greetingService = defineService({
    name: "greeting-service",
    port: 0,
    implements: GreetingService,
    database: databaseOf("greetingdb"),
    calls: { names: NameService },
    subscribes: [NameAdded],
    setup: ({ db, calls }) => ({
      methods: {
        async greet({ id }) {
          const { rows } = await db.query<{ greeting: string }>("SELECT greeting FROM greetings WHERE id = $1", [id]);
          if (!rows[0]) throw notFound("greeting");
          return rows[0];
        },
      },
      events: [
        on(NameAdded, async ({ id }, { tx }) => {
          await tx.query("INSERT INTO greetings (id, greeting) VALUES ($1, 'unknown')", [id]);
          const { name } = await calls.names.getName({ id });
          await tx.query("UPDATE greetings SET greeting = $2 WHERE id = $1", [id, `Hello, ${name}`]);
        }),
      ],
    }),
  });
  const definition = defineSystem({ name: "asks", services: [nameService, greetingService], policy: "policy.yaml" });
  return { definition, directory: WELCOMES_DIR, entry: `${WELCOMES_DIR}/system.ts` };
}

test(
  "a handler of an event calls, within its transaction, a service that reads its own embedded database",
  PATIENCE,
  async () => {
    await using system = await startForTest(systemThatAsks());
    const names = ["Ada", "Grace", "Barbara", "Frances"];
    const added = await Promise.all(names.map((name) => system.clientOf(NameService).addName({ name })));
    await system.settled();
    const greetings = added.map(({ id }) => system.clientOf(GreetingService).greet({ id }));
    expect((await Promise.all(greetings)).map(({ greeting }) => greeting)).toEqual(
      names.map((name) => `Hello, ${name}`),
    );
  },
);

test("what all services stored in one folder together is there when each has its own", PATIENCE, async () => {
  const data = await temporaryFolder();
  for (const [schema, table] of [
    ["namedb", "names (name) VALUES ('Ada')"],
    ["greetingdb", "greetings (id, greeting) VALUES (7, 'Hello of old')"],
  ] as const) {
    const { migrations } = databaseOf(schema);
    const database = await openDatabase({ dataDir: join(data, "system"), schema, migrations });
    await database.query(`INSERT INTO ${table}`);
    await database.close();
  }
  const env = { PARLEY_DATA_DIR: data };
  {
    await using system = await startForTest(welcomes, { env });
    expect(await system.clientOf(GreetingService).greet({ id: 7 })).toMatchObject({ greeting: "Hello of old" });
    expect(await system.clientOf(NameService).addName({ name: "Grace" })).toMatchObject({ id: 2 });
    await system.settled();
  }
  // Copied once: what lies there still is not looked at again.
  await rm(join(data, "system"), { recursive: true });
  await using again = await startForTest(welcomes, { env });
  expect(await again.clientOf(NameService).addName({ name: "Barbara" })).toMatchObject({ id: 3 });
});
