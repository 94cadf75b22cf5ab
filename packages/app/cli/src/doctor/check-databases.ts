import { openDatabase } from "@parley/postgres";
import type { ResolvedConfig } from "@parley/runtime";
import { isMissingDatabase } from "../missing-database.ts";
import { type Diagnosis, ok, problem, reasonOf } from "./diagnosis.ts";

/** Long enough for a server far away, short enough for a person who waits. */
const CONNECT_TIMEOUT_MS = 3_000;

/** Do the database servers answer? Nothing is made or changed. */
export function checkDatabases({ databases, mode, dataDir }: ResolvedConfig): Promise<readonly Diagnosis[]> {
  return Promise.all(
    [...databases].map(([service, where]) =>
      where.kind === "embedded"
        ? ok("databases", `${service} has an embedded database in ${dataDir}`)
        : checkServer(service, where.url, mode),
    ),
  );
}

async function checkServer(service: string, url: string, mode: ResolvedConfig["mode"]): Promise<Diagnosis> {
  const { host, pathname } = new URL(url); // never the whole address: it holds the password
  const place = `${service}: ${pathname.slice(1)} on ${host}`;
  try {
    const database = await openDatabase({ url, connectTimeoutMs: CONNECT_TIMEOUT_MS });
    try {
      await database.query("SELECT 1");
      return ok("databases", `${place} answers`);
    } finally {
      await database.close();
    }
  } catch (error) {
    if (mode === "development" && isMissingDatabase(error)) {
      return ok("databases", `${place} is not there yet; the start makes it`);
    }
    const remedy = "Start the server (npm run services up postgres), or correct the address.";
    return problem("databases", `${place} does not answer: ${reasonOf(error)}`, remedy);
  }
}
