import pg, { type QueryConfig, type QueryResult } from "pg";

/** Of `pg`'s connection, what a query writes its messages with; its types do not say it, submittable queries live by it. */
interface MessageWriter {
  bind(message: { readonly portal: string; readonly statement: string; readonly values: readonly unknown[] }): void;
  execute(message: { readonly portal: string; readonly rows: number }): void;
}

const Query = pg.Query as unknown as new (
  config: QueryConfig,
  values: undefined,
  callback: (error: Error | null, results: QueryResult | QueryResult[]) => void,
) => { prepare(connection: MessageWriter): void; submit(): void };

/**
 * A statement with BEGIN before it, under one Sync: what follows a message that failed is skipped by the server up to there, so
 * where no transaction has begun the statement is not run (PostgreSQL, Frontend/Backend Protocol, Extended Query).
 */
export class BegunQuery extends Query {
  readonly #beginName: string;

  /** @param beginName the BEGIN, which must be prepared at the connection: its own Parse would be taken for the statement's. */
  constructor(
    beginName: string,
    config: QueryConfig,
    callback: (error: Error | null, results: QueryResult | QueryResult[]) => void,
  ) {
    super(config, undefined, callback);
    this.#beginName = beginName;
  }

  override prepare(connection: MessageWriter): void {
    connection.bind({ portal: "", statement: this.#beginName, values: [] });
    connection.execute({ portal: "", rows: 0 });
    super.prepare(connection);
  }
}
