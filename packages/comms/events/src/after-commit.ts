import type { Executor, Transaction } from "@parley/core";

/**
 * Calls back once what was written with this executor is committed: with the transaction, or now if a database was given,
 * which commits each statement. What is no transaction of ours has no end that we hear of: the poll finds it.
 */
export function afterCommit(executor: Executor, callback: () => void): void {
  if ("afterCommit" in executor) (executor as Transaction).afterCommit(callback);
  else if ("transaction" in executor) callback();
}
