import type { Clock, Logger } from "@parley/core";
import type { PostgresDatabase } from "@parley/postgres";

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
