import { randomBytes } from "node:crypto";
import type { Database, ErrorCode, ParleyError } from "@parley/core";
import { isParleyError } from "@parley/core";
import { expect } from "vitest";
import type { DatabaseOptions } from "../resolve-database-options.ts";
import type { DatabaseSubject } from "./describe-database.ts";

/** Opens the database for one test and closes it, whatever happens. */
export async function withDatabase(
  { open }: DatabaseSubject,
  test: (database: Database, table: string) => Promise<void>,
  options?: DatabaseOptions,
): Promise<void> {
  const database = await open(options);
  try {
    await test(database, freshName());
  } finally {
    await database.close();
  }
}

/** A name of a table or channel that no other test uses. */
export function freshName(): string {
  return `t_${randomBytes(6).toString("hex")}`;
}

/** The error of work that must fail with a code. */
export async function failure(work: Promise<unknown>, code: ErrorCode): Promise<ParleyError> {
  const error = await work.then(
    () => expect.fail(`expected ${code}, but it succeeded`),
    (thrown: unknown) => thrown,
  );
  if (!isParleyError(error)) throw error;
  expect(error.code, error.message).toBe(code);
  return error;
}
