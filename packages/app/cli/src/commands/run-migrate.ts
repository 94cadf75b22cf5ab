import { resolve } from "node:path";
import {
  EVENT_MIGRATIONS_HISTORY,
  eventMigrations,
  type Migration,
  migrate,
  migrationStatus,
  readMigrations,
} from "@parley/postgres";
import { EXIT } from "../exit-codes.ts";
import { forEachDatabase, type ServiceDatabase } from "../migrate/service-databases.ts";
import { shownPath } from "../shown-path.ts";
import type { CommandInput } from "./command.ts";
import type { MigrateFlags } from "./migrate.ts";

const NONE = "no service has a database";

/** What is said of one database. */
interface DatabaseReport {
  readonly service: string;
  readonly database: string;
  /** Of an embedded database. */
  readonly folder?: string;
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
  output.result(
    { upToDate, databases },
    () => databases.map((report) => describe(report, titleOf(report, databases, terminal.cwd))).join("\n") || NONE,
  );
  return upToDate ? EXIT.ok : EXIT.failed;
}

/** Migrations that a database needs, with the history that remembers them. */
interface MigrationSet {
  readonly source: string | readonly Migration[];
  readonly options: { readonly history?: string };
  /** Before their names in a report. */
  readonly prefix: string;
}

/** The service's own, then those of Parley's tables for events and jobs. */
function setsOf({ migrationsDir, storesEvents }: ServiceDatabase): readonly MigrationSet[] {
  const own: MigrationSet = { source: migrationsDir, options: {}, prefix: "" };
  const events = { source: eventMigrations, options: { history: EVENT_MIGRATIONS_HISTORY }, prefix: "parley/" };
  return storesEvents ? [own, events] : [own];
}

async function inspect(target: ServiceDatabase): Promise<DatabaseReport> {
  const { service, name, folder, database } = target;
  const applied: string[] = [];
  const pending: string[] = [];
  for (const { source, options, prefix } of setsOf(target)) {
    const status = database
      ? await migrationStatus(database, source, options)
      : { applied: [], pending: typeof source === "string" ? await readMigrations(source) : source };
    applied.push(...status.applied.map((migration) => prefix + migration.name));
    pending.push(...status.pending.map((migration) => prefix + migration.name));
  }
  return { service, database: name, ...(folder !== undefined && { folder }), applied, pending, appliedNow: [] };
}

async function apply(target: ServiceDatabase): Promise<DatabaseReport> {
  const { database } = target;
  const appliedNow: string[] = [];
  for (const { source, options, prefix } of setsOf(target)) {
    if (!database) continue;
    const { applied } = await migrate(database, source, options);
    appliedNow.push(...applied.map((migration) => prefix + migration));
  }
  return { ...(await inspect(target)), appliedNow };
}

/** The folder is named where one embedded database lies in two: that of the whole system, and that of the part alone. */
function titleOf({ service, database, folder }: DatabaseReport, all: readonly DatabaseReport[], cwd: string): string {
  const isOne = all.filter((report) => report.service === service).length === 1;
  return `${database} (${service}${folder === undefined || isOne ? "" : `, in ${shownPath(folder, cwd)}`})`;
}

function describe({ applied, pending, appliedNow }: DatabaseReport, heading: string): string {
  if (appliedNow.length > 0) return [`${heading}: applied`, ...appliedNow.map((name) => `  ${name}`)].join("\n");
  if (pending.length === 0) return `${heading}: up to date, ${applied.length} applied`;
  return [`${heading}: behind, ${pending.length} pending`, ...pending.map((name) => `  ${name}`)].join("\n");
}
