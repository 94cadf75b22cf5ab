import { ParleyError, systemClock } from "@parley/core";
import { settleWithin } from "@parley/core/internal";
import pg from "pg";
import { quoteIdentifier } from "../quote-identifier.ts";
import { cannotConnect } from "./cannot-connect.ts";
import { clientConfig, locationOf, parseDatabaseUrl } from "./client-config.ts";

/** The database that every server has, to be connected to while making another. */
const MAINTENANCE_DATABASE = "postgres";
/** Somebody else was faster: `duplicate_database`, or the unique index below it when both were at it at once. */
const MADE_BY_ANOTHER = new Set(["42P04", "23505"]);
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Makes the database that a URL names, for development; in production whoever runs the server makes it. Several
 * processes may do this at once.
 * @throws ParleyError UNAVAILABLE if the server cannot be reached, FAILED_PRECONDITION if it refuses the user, and
 *   PERMISSION_DENIED if the user may not make databases.
 */
export async function createDatabaseIfMissing(url: string): Promise<"created" | "present"> {
  const target = parseDatabaseUrl(url);
  const name = decodeURIComponent(target.pathname.slice(1));
  target.pathname = `/${MAINTENANCE_DATABASE}`;
  const location = locationOf(target.href);
  const client = new pg.Client({
    ...clientConfig({ url: target.href, connectTimeoutMs: CONNECT_TIMEOUT_MS }),
    query_timeout: 60_000,
  });
  client.on("error", () => {});
  try {
    await client.connect().catch((error: unknown) => {
      throw cannotConnect(location, error);
    });
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [name]);
    if (rowCount) return "present";
    await client.query(`CREATE DATABASE ${quoteIdentifier(name)}`);
    return "created";
  } catch (error) {
    const state = (error as { code?: string }).code ?? "";
    if (MADE_BY_ANOTHER.has(state)) return "present";
    if (state === "42501") {
      const message = `the database ${name} is missing at ${location}, and the user may not create it`;
      throw new ParleyError("PERMISSION_DENIED", message, { cause: error });
    }
    throw cannotConnect(location, error);
  } finally {
    await settleWithin(client.end(), CONNECT_TIMEOUT_MS, systemClock);
  }
}
