import { createEmbedded, kyselyFor } from "@parley/postgres";
import type { Generated } from "kysely";
import { afterAll, describe, expect, expectTypeOf, it } from "vitest";
import { failure } from "../src/testing/with-database.ts";

interface Tables {
  readonly users: { readonly id: Generated<bigint>; readonly email: string; readonly joined_at: Generated<Date> };
}

const host = await createEmbedded({ dataDir: "memory:" });
afterAll(() => host.close());
const database = await host.database("kysely");
await database.query(
  "CREATE TABLE users (id bigserial PRIMARY KEY, email text NOT NULL UNIQUE, joined_at timestamptz NOT NULL DEFAULT now())",
);

describe("kyselyFor", () => {
  it("runs typed queries on a database and in a transaction", async () => {
    const made = await database.transaction((tx) =>
      kyselyFor<Tables>(tx).insertInto("users").values({ email: "a@b" }).returningAll().executeTakeFirstOrThrow(),
    );
    expectTypeOf(made.id).toEqualTypeOf<bigint>();
    expect(made).toEqual({ id: 1n, email: "a@b", joined_at: expect.any(Date) });
    const users = kyselyFor<Tables>(database).selectFrom("users").select(["email"]).where("id", "=", 1n);
    expect(await users.execute()).toEqual([{ email: "a@b" }]);
    const change = kyselyFor<Tables>(database).updateTable("users").set({ email: "c@d" });
    expect((await change.executeTakeFirstOrThrow()).numUpdatedRows).toBe(1n);
  });

  it("rejects with the errors of the port", async () => {
    const insert = kyselyFor<Tables>(database).insertInto("users").values({ email: "c@d" });
    await failure(insert.execute(), "ALREADY_EXISTS");
  });

  it("leaves transactions to the database", async () => {
    const own = kyselyFor<Tables>(database)
      .transaction()
      .execute(async () => {});
    await expect(own).rejects.toThrow(/database\.transaction/);
  });
});
