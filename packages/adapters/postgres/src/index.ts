export { DATABASE_ERROR_DOMAIN, violatedConstraint } from "./database-error.ts";
export { createDeadLetterStore } from "./dead-letters/create-dead-letter-store.ts";
export { adoptFolder } from "./embedded/adopt-folder.ts";
export { createEmbedded, type Embedded, type EmbeddedOptions } from "./embedded/create-embedded.ts";
export { EVENT_MIGRATIONS_HISTORY, eventMigrations, migrateEventStores } from "./event-migrations.ts";
export { createInboxStore } from "./inbox/create-inbox-store.ts";
export { kyselyFor } from "./kysely-for.ts";
export { type MigrateOptions, migrate } from "./migrations/migrate.ts";
export {
  type AppliedMigration,
  type MigrationStatus,
  migrationStatus,
  missingMigrations,
} from "./migrations/migration-status.ts";
export { defineMigration, type Migration, readMigrations } from "./migrations/read-migrations.ts";
export { type DatabaseAddress, type OpenDatabaseOptions, openDatabase } from "./open-database.ts";
export { createOutboxStore, type OutboxStoreOptions } from "./outbox/create-outbox-store.ts";
export { createDatabaseIfMissing } from "./pg/create-database-if-missing.ts";
export type { PostgresDatabase, Session } from "./postgres-database.ts";
export type { DatabaseOptions } from "./resolve-database-options.ts";
export { createWorkStore, type WorkStoreOptions } from "./work/create-work-store.ts";
