import type { Database, Executor } from "@parley/core";
import type { PoolUse } from "./connection.ts";

/** One connection for a piece of work of the toolbox: migrations, maintenance. */
export interface Session extends Executor {
  /** Runs one or more statements without parameters. */
  script(text: string): Promise<void>;
  inTransaction(): boolean;
}

/** The port, on PostgreSQL: what {@link openDatabase} opens. */
export interface PostgresDatabase extends Database {
  /** What stands behind it. */
  readonly kind: "postgres" | "embedded";
  /**
   * Where it is, for logs and errors: `localhost:5432/userdb`, or the folder and schema. Never holds a password.
   */
  readonly location: string;
  /** For metrics. */
  poolUse(): PoolUse;
  /**
   * Runs `work` with a connection of its own, for as long as it takes unless the signal aborts; the server's
   * `statement_timeout` holds. Settings and locks of the session that it takes it must give back.
   */
  session<T>(work: (session: Session) => Promise<T>, options?: { readonly signal?: AbortSignal }): Promise<T>;
}
