import { type Clock, failedPrecondition, type Logger } from "@parley/core";
import type { PostgresDatabase } from "@parley/postgres";
import type { ResolvedConfig } from "../config/resolved-config.ts";

/** The stores of a bus in the database of its service. */
export async function storesIn(
  database: PostgresDatabase,
  options: { readonly clock: Clock; readonly logger: Logger },
) {
  const { createDeadLetterStore, createInboxStore, createOutboxStore, createWorkStore } = await import(
    "@parley/postgres"
  );
  return {
    database,
    outbox: createOutboxStore(database, options),
    inbox: createInboxStore(database),
    deadLetters: createDeadLetterStore(database),
    work: createWorkStore(database, options),
  };
}

/**
 * A start makes the tables where it migrates: those of a service that only hears are not made before, since its
 * definition does not show that it does.
 * @throws ParleyError FAILED_PRECONDITION where they are missing and migrations are run by hand.
 */
export async function requireTables(
  service: string,
  database: PostgresDatabase,
  { migrations, eventTables }: ResolvedConfig,
): Promise<void> {
  const { EVENT_MIGRATIONS_HISTORY, eventMigrations, migrateEventStores, migrationStatus } = await import(
    "@parley/postgres"
  );
  if (migrations === "at-start") {
    if (eventTables === "none") await migrateEventStores(database);
    return;
  }
  const { pending } = await migrationStatus(database, eventMigrations, { history: EVENT_MIGRATIONS_HISTORY });
  if (pending.length === 0) return;
  const how = eventTables === "kept" ? "run parley migrate" : "set EVENTS_URL and run parley migrate";
  throw failedPrecondition(`${service} has no tables for events in ${database.location}: ${how}`);
}
