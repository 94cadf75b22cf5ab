import { createEmbedded, openDatabase } from "@parley/postgres";
import { describeDatabase } from "@parley/postgres/testing";
import { afterAll, describe, it } from "vitest";
import { realPostgres } from "../src/testing/real-postgres.ts";

const url = (await realPostgres())?.newDatabase();
const host = await createEmbedded({ dataDir: "memory:" });
afterAll(() => host.close());

describeDatabase("embedded PGlite", {
  open: (options) => host.database("contract", options),
  features: { cancel: false, concurrency: false },
});

if (url) {
  describeDatabase("PostgreSQL", {
    open: (options) => openDatabase({ url, ...options }),
    features: { cancel: true, concurrency: true },
  });
} else {
  describe("PostgreSQL as a database", () => {
    it.skip("needs a server: npm run services up");
  });
}
