import type { Database } from "@parley/core";
import { openDatabase } from "@parley/postgres";
import { afterAll } from "vitest";

/** An empty database in memory, for the tests of one file. */
export async function openEmbedded(): Promise<Database> {
  const database = await openDatabase({ dataDir: "memory:", schema: "app" });
  afterAll(() => database.close());
  return database;
}
