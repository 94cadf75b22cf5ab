import type { Database, Transaction } from "@parley/core";
import type { LazyAbort } from "@parley/core/internal";

/**
 * A transaction that begins with its first statement. A job may compute for minutes before it writes; a transaction that
 * is open all that time would hold up the outbox, which reads only below the oldest one, and vacuum.
 */
export interface LazyTransaction {
  readonly tx: Transaction;
  readonly hasBegun: boolean;
  commit(): Promise<void>;
  rollback(reason: unknown): Promise<void>;
}

export function createLazyTransaction(database: Database, lost: LazyAbort): LazyTransaction {
  let gate: PromiseWithResolvers<void> | undefined;
  const callbacks: (() => void)[] = [];
  let begun: Promise<Transaction> | undefined;
  let finished: Promise<void> | undefined;

  function begin(): Promise<Transaction> {
    begun ??= new Promise((resolve, reject) => {
      const opened = Promise.withResolvers<void>();
      opened.promise.catch(() => {});
      gate = opened;
      finished = database.transaction(
        async (tx) => {
          for (const callback of callbacks) tx.afterCommit(callback);
          resolve(tx);
          await opened.promise;
        },
        { signal: lost.signal },
      );
      finished.catch(reject);
    });
    return begun;
  }

  return {
    tx: {
      query: async (text, params, options) => (await begin()).query(text, params, options),
      afterCommit(callback) {
        if (begun) void begun.then((tx) => tx.afterCommit(callback));
        else callbacks.push(callback);
      },
    },
    get hasBegun() {
      return begun !== undefined;
    },
    async commit() {
      gate?.resolve();
      if (finished) return finished;
      for (const callback of callbacks) callback();
    },
    async rollback(reason) {
      gate?.reject(reason);
      await finished?.catch(() => {});
    },
  };
}
