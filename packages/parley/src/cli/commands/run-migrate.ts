import { resolve } from "node:path";
import { migrate, migrationStatus, readMigrations } from "@parley/postgres";
import { EXIT } from "../exit-codes.ts";
import { forEachDatabase, type ServiceDatabase } from "../migrate/service-databases.ts";
import type { CommandInput } from "./command.ts";
import type { MigrateFlags } from "./migrate.ts";

/** What is said of one database. */
interface DatabaseReport {
  readonly service: string;
  readonly database: string;
  /** Names of migrations that the database has. */
  readonly applied: readonly string[];
  /** Names of migrations that it still needs. */
  readonly pending: readonly string[];
  /** Names of those applied by this command. */
  readonly appliedNow: readonly string[];
}

export async function runMigrate({ args, flags, output, terminal }: CommandInput<MigrateFlags>): Promise<number> {
  const [action, service] = args;
  const dir = resolve(terminal.cwd, flags.system);
  const missing = action === "up" ? "make" : "leave";
  const work = action === "up" ? apply : inspect;
  const databases = await forEachDatabase(dir, { service, missing, env: terminal.env }, work);
  const upToDate = databases.every(({ pending }) => pending.length === 0);
  output.result({ upToDate, databases }, () => databases.map(describe).join("\n") || "no service has a database");
  return upToDate ? EXIT.ok : EXIT.failed;
}

async function inspect({ service, name, migrationsDir, database }: ServiceDatabase): Promise<DatabaseReport> {
  const status = database
    ? await migrationStatus(database, migrationsDir)
    : { applied: [], pending: await readMigrations(migrationsDir) };
  const applied = status.applied.map((migration) => migration.name);
  const pending = status.pending.map((migration) => migration.name);
  return { service, database: name, applied, pending, appliedNow: [] };
}

async function apply(target: ServiceDatabase): Promise<DatabaseReport> {
  const { applied: appliedNow } = target.database
    ? await migrate(target.database, target.migrationsDir)
    : { applied: [] };
  return { ...(await inspect(target)), appliedNow };
}

function describe({ service, database, applied, pending, appliedNow }: DatabaseReport): string {
  const heading = `${database} (${service})`;
  if (appliedNow.length > 0) return [`${heading}: applied`, ...appliedNow.map((name) => `  ${name}`)].join("\n");
  if (pending.length === 0) return `${heading}: up to date, ${applied.length} applied`;
  return [`${heading}: behind, ${pending.length} pending`, ...pending.map((name) => `  ${name}`)].join("\n");
}
