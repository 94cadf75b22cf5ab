import { isParleyError, ParleyError } from "@parley/core";
import { toDatabaseError } from "../database-error.ts";

/** SQLSTATEs of a server that answers and refuses, with what to do. */
const REFUSALS: Readonly<Record<string, string>> = {
  "28P01": "the password is wrong",
  "28000": "the server does not let this user in from here (pg_hba.conf)",
  "3D000": "there is no such database; create it first",
};

/**
 * The error of a start that finds no database: it says where it looked and what to do. For operators; calls that meet
 * a lost database are told less.
 */
export function cannotConnect(location: string, thrown: unknown): ParleyError {
  const driverError: unknown = isParleyError(thrown) && thrown.cause ? thrown.cause : thrown;
  const { code, details } = toDatabaseError(driverError);
  const { code: state, message } = driverError as { code?: string; message?: string };
  const why = (state && REFUSALS[state]) ?? state ?? message;
  return new ParleyError(
    code === "INTERNAL" ? "FAILED_PRECONDITION" : code,
    `cannot use PostgreSQL at ${location}: ${why}`,
    { cause: driverError, details },
  );
}
