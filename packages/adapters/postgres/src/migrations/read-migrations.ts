import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ParleyError } from "@parley/core";

/** One numbered SQL file. */
export interface Migration {
  /** From 1, without gaps. */
  readonly version: number;
  /** The file's name: `0001_create_users.sql`. */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the text with Unix line ends, so that a checkout on another system is the same migration. */
  readonly checksum: string;
  /** `"none"` for a file that says `-- parley: no-transaction`, as CREATE INDEX CONCURRENTLY needs. */
  readonly transaction: "own" | "none";
}

const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;
const NO_TRANSACTION = /^--\s*parley:\s*no-transaction\s*$/m;

/**
 * Reads a folder of migrations, in order. Files that do not end in `.sql` are none of its business.
 * @throws ParleyError FAILED_PRECONDITION that names every file that is wrong.
 */
export async function readMigrations(directory: string | URL): Promise<readonly Migration[]> {
  const path = directory instanceof URL ? fileURLToPath(directory) : directory;
  const names = (await list(path)).filter((name) => name.endsWith(".sql")).sort();
  const migrations = await Promise.all(
    names
      .filter((name) => FILE_NAME.test(name))
      .map(async (name) => defineMigration(name, await readFile(join(path, name), "utf8"))),
  );
  const problems = [
    ...names.filter((name) => !FILE_NAME.test(name)).map((name) => `${name} is not named like 0001_create_users.sql`),
    ...migrations.flatMap(describeOrder),
    ...migrations
      .filter(endsTransaction)
      .map(({ name }) => `${name} begins or ends a transaction; each file has one already`),
  ];
  if (problems.length > 0) {
    throw new ParleyError("FAILED_PRECONDITION", `the migrations in ${path} are wrong: ${problems.join("; ")}`);
  }
  return migrations;
}

async function list(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (cause) {
    throw new ParleyError("FAILED_PRECONDITION", `cannot read the folder of migrations ${path}`, { cause });
  }
}

/** A migration that is code: what a package brings along for tables of its own. */
export function defineMigration(name: string, text: string): Migration {
  const sql = text.replaceAll("\r\n", "\n");
  return {
    version: Number(name.slice(0, 4)),
    name,
    sql,
    checksum: createHash("sha256").update(sql).digest("hex"),
    transaction: NO_TRANSACTION.test(sql) ? "none" : "own",
  };
}

function describeOrder({ name, version }: Migration, index: number, all: readonly Migration[]): readonly string[] {
  const before = all[index - 1];
  if (before?.version === version) return [`${name} has the number of ${before.name}`];
  const expected = (before?.version ?? 0) + 1;
  return version === expected ? [] : [`${name} follows ${before?.name ?? "nothing"}; number ${expected} is missing`];
}

/** What can hold words that are no statements: comments, quoted strings, bodies of functions. */
const NOT_STATEMENTS = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|(\$\w*\$)[\s\S]*?\1/g;
const ENDS_TRANSACTION = /(?:^|;)\s*(?:BEGIN|START\s+TRANSACTION|COMMIT|ROLLBACK|END|ABORT)\b/i;

/** A COMMIT inside of a file would end our transaction, and a failure after it would leave half of the file behind. */
function endsTransaction({ sql, transaction }: Migration): boolean {
  return transaction === "own" && ENDS_TRANSACTION.test(sql.replace(NOT_STATEMENTS, ""));
}
