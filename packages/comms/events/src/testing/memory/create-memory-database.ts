import {
  type Database,
  type Executor,
  isParleyError,
  ParleyError,
  type Transaction,
  toParleyError,
} from "@parley/core";

/** What the current transaction must do when it ends. */
export interface MemoryScope {
  onCommit(effect: () => void): void;
  onRollback(undo: () => void): void;
  /** Always, at the end: to let go of locks. */
  onEnd(release: () => void): void;
}

/** The one kind of statement that a memory database runs: what the stores of this folder hand it. */
export class MemoryStatement {
  readonly run: (scope: MemoryScope) => unknown;

  constructor(run: (scope: MemoryScope) => unknown) {
    this.run = run;
  }
}

/** Runs an operation of a memory store in a transaction, also through whatever wraps it. */
export async function runInMemory<T>(executor: Executor, run: (scope: MemoryScope) => T | Promise<T>): Promise<T> {
  const { rows } = await executor.query<{ value: T }>("memory", [new MemoryStatement(run)]);
  return (rows[0] as { value: T }).value;
}

/** Makes operations fail as a database that is down does, for tests of faults. */
export interface MemoryDatabase extends Database {
  /** Undefined mends it. */
  breakWith(error: ParleyError | undefined): void;
}

/** Transactions without SQL, over the memory stores: for unit tests of what is done with events. */
export function createMemoryDatabase(): MemoryDatabase {
  let broken: ParleyError | undefined;
  let closed = false;

  function assertUp(): void {
    if (closed) throw new ParleyError("UNAVAILABLE", "the memory database is closed");
    if (broken) throw broken;
  }

  async function transaction<T>(
    work: (tx: Transaction) => Promise<T>,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    assertUp();
    const ends: { readonly when: "commit" | "rollback" | "always"; readonly call: () => void }[] = [];
    const callbacks: (() => void)[] = [];
    const scope: MemoryScope = {
      onCommit: (call) => void ends.push({ when: "commit", call }),
      onRollback: (call) => void ends.push({ when: "rollback", call }),
      onEnd: (call) => void ends.push({ when: "always", call }),
    };
    let open = true;
    const tx: Transaction = {
      async query(text, params) {
        if (!open) throw new ParleyError("INTERNAL", "the transaction is over");
        assertUp();
        const [statement] = params ?? [];
        if (!(statement instanceof MemoryStatement)) {
          throw new ParleyError("UNIMPLEMENTED", `a memory database runs no SQL, got ${JSON.stringify(text)}`);
        }
        return { rows: [{ value: await statement.run(scope) }] as never[], rowCount: 1 };
      },
      afterCommit: (callback) => void callbacks.push(callback),
    };
    try {
      const value = await Promise.race([work(tx), abortOf(signal)]);
      assertUp();
      open = false;
      for (const { when, call } of ends) if (when !== "rollback") call();
      for (const callback of callbacks) callback();
      return value;
    } catch (thrown) {
      open = false;
      for (const { when, call } of ends.toReversed()) if (when !== "commit") call();
      throw thrown;
    }
  }

  return {
    transaction,
    query: (text, params) => transaction((tx) => tx.query(text, params)),
    async listen() {
      throw new ParleyError("UNIMPLEMENTED", "a memory database notifies nobody");
    },
    async close() {
      closed = true;
    },
    breakWith(error) {
      broken = error;
    },
  };
}

function abortOf(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (!signal) return;
    const abort = (): void => reject(isParleyError(signal.reason) ? signal.reason : toParleyError(signal.reason));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}
