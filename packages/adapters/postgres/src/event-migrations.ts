import { DEAD_LETTER_TABLES } from "./dead-letters/tables.ts";
import { INBOX_TABLES } from "./inbox/tables.ts";
import { LONG_KEYS } from "./long-keys.ts";
import { type MigrateOptions, migrate } from "./migrations/migrate.ts";
import { defineMigration, type Migration } from "./migrations/read-migrations.ts";
import { OUTBOX_TABLES } from "./outbox/tables.ts";
import type { PostgresDatabase } from "./postgres-database.ts";
import { WORK_DUE, WORK_PLANS, WORK_TABLES } from "./work/tables.ts";

/** The tables of outbox, inbox, dead letters and work queues, beside those of a service. Only ever appended to. */
export const eventMigrations: readonly Migration[] = [
  defineMigration("0001_outbox.sql", OUTBOX_TABLES),
  defineMigration("0002_inbox.sql", INBOX_TABLES),
  defineMigration("0003_dead_letters.sql", DEAD_LETTER_TABLES),
  defineMigration("0004_work.sql", WORK_TABLES),
  defineMigration("0005_work_plans.sql", WORK_PLANS),
  defineMigration("0006_work_due.sql", WORK_DUE),
  defineMigration("0007_long_keys.sql", LONG_KEYS),
];

/** The history of {@link eventMigrations}, apart from that of the service's own. */
export const EVENT_MIGRATIONS_HISTORY = "parley_event_migrations";

/** Brings the tables of the stores up to date: what a service that publishes, subscribes or works queues needs. */
export function migrateEventStores(
  database: PostgresDatabase,
  options: Omit<MigrateOptions, "history"> = {},
): ReturnType<typeof migrate> {
  return migrate(database, eventMigrations, { ...options, history: EVENT_MIGRATIONS_HISTORY });
}
