import type { Database, Executor, Transaction } from "@parley/core";

/** Runs in the transaction that is given, or in one of its own if a database is. */
export function inTransaction<T>(executor: Executor, work: (tx: Executor) => Promise<T>): Promise<T> {
  return isDatabase(executor) ? executor.transaction(work) : work(executor);
}

/** Calls back after the commit. What is no transaction of ours has none to wait for: the poll finds it. */
export function afterCommit(executor: Executor, callback: () => void): void {
  if ("afterCommit" in executor) (executor as Transaction).afterCommit(callback);
}

function isDatabase(executor: Executor): executor is Database {
  return "transaction" in executor;
}
