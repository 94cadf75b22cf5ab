import type { Database, Executor } from "parleyjs";
import { onlyRow } from "../shared/only.ts";

/** Fills a table's database if the table is empty, once however many instances start at once. */
export function beginEmpty(db: Database, table: string, fill: (tx: Executor) => Promise<void>): Promise<void> {
  return db.transaction(async (tx) => {
    await tx.query(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`);
    const { empty } = onlyRow(await tx.query<{ empty: boolean }>(`SELECT NOT EXISTS (SELECT FROM ${table}) AS empty`));
    if (empty) await fill(tx);
  });
}
