import type { Database } from "@parley/core";
import { describe } from "vitest";
import type { DatabaseOptions } from "../resolve-database-options.ts";
import { describeLimits } from "./describe-limits.ts";
import { describeNotifications } from "./describe-notifications.ts";
import { describeStatements } from "./describe-statements.ts";
import { describeTransactions } from "./describe-transactions.ts";
import { describeValues } from "./describe-values.ts";

/** What the contract suite needs of an implementation. */
export interface DatabaseSubject {
  /** Opens the database under test, the same one each time, with these options. The suite closes it. */
  readonly open: (options?: DatabaseOptions) => Promise<Database>;
  /** What not every implementation can do; the cases for the rest are left out. */
  readonly features: {
    /** Stops a statement that runs. */
    readonly cancel: boolean;
    /** Runs statements of one process side by side. */
    readonly concurrency: boolean;
  };
}

/** The contract of the database port, as tests. Every implementation passes the whole of it. */
export function describeDatabase(name: string, subject: DatabaseSubject): void {
  describe(`${name} as a database`, () => {
    describeValues(subject);
    describeStatements(subject);
    describeTransactions(subject);
    describeLimits(subject);
    describeNotifications(subject);
  });
}
