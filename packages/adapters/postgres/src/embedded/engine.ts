import { PGlite } from "@electric-sql/pglite";
import type { Clock } from "@parley/core";
import { beginText, type Connection, type Limits, type Outcome, type Statement } from "../connection.ts";
import { toDatabaseError } from "../database-error.ts";
import { limitPassed } from "../limits.ts";
import { quoteIdentifier } from "../quote-identifier.ts";
import { parserOf } from "../values/parse-value.ts";

/** The one session of an embedded database. Whoever uses it has its turn; see `createEmbedded`. */
export interface Engine extends Connection {
  /** Makes unqualified names mean those of a schema. */
  enter(schema: string): Promise<void>;
  onNotification(callback: (channel: string, payload: string) => void): void;
  close(): Promise<void>;
}

/** Where an engine has its files: in a folder that holds a database, or in memory, beginning with those of a tar. */
export type EngineFiles = { readonly path: string } | { readonly tar: Buffer<ArrayBuffer> };

export async function startEngine(files: EngineFiles, clock: Clock): Promise<Engine> {
  const db = await createPGlite(files);
  /** The schema that the session is in; undefined when a statement may have changed that. */
  let schema: string | undefined;

  const run = async ({ text, params, kind, begin }: Statement): Promise<Outcome> => {
    if (kind === "script") {
      schema = undefined;
      await db.exec(text);
      return { rows: [], rowCount: 0, command: "" };
    }
    if (begin) await db.query(beginText(begin));
    const { rows, rowCount = 0, command = "" } = await db.query<Record<string, unknown>>(text, [...(params ?? [])]);
    if (command === "SET" || command === "RESET" || command === "DISCARD") schema = undefined;
    return { rows, rowCount, command };
  };

  return {
    async execute(statement: Statement, limits: Limits) {
      const passed = limitPassed(limits, "the statement", clock);
      if (passed) throw passed;
      try {
        return await run(statement);
      } catch (error) {
        throw toDatabaseError(error);
      }
    },
    inTransaction: () => db.isInTransaction(),
    async enter(name) {
      if (schema === name) return;
      await db.exec(`SET search_path TO ${quoteIdentifier(name)}`);
      schema = name;
    },
    onNotification: (callback) => void db.onNotification(callback),
    close: () => db.close(),
  };
}

/**
 * PostgreSQL's default is 128 MB, made for a machine of its own. Measured: with 16 MB a start takes 0.31 s instead of
 * 0.42, the process has 150 MB less, and 3,000 inserts take as long.
 */
const START_PARAMS = [...PGlite.defaultStartParams, "-c", "shared_buffers=16MB"];

async function createPGlite(files: EngineFiles): Promise<PGlite> {
  const place = "path" in files ? { dataDir: files.path } : { loadDataDir: new Blob([files.tar]) };
  const db = await PGlite.create({ ...place, startParams: START_PARAMS });
  // Parley encodes and parses values itself, the same way for every driver. Taken away after the start, because
  // PGlite adds its own for arrays while it starts.
  db.serializers = {};
  // A type without a parser here would fall back to PGlite's own, so every type is given one.
  db.parsers = new Proxy({}, { get: (_, oid) => parserOf(Number(oid)) });
  return db;
}
