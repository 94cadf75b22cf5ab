import { type ErrorCode, ParleyError } from "@parley/core";
import { describe, expect, it } from "vitest";
import { abortError, toDatabaseError } from "../src/database-error.ts";

const thrown = (code: string, message = "SELECT secret FROM t"): Error => Object.assign(new Error(message), { code });

describe("the funnel from errors of a driver", () => {
  it.each<[state: string, code: ErrorCode]>([
    ["08006", "UNAVAILABLE"],
    ["22012", "INTERNAL"],
    ["22P02", "INVALID_ARGUMENT"],
    ["23502", "INTERNAL"],
    ["23503", "FAILED_PRECONDITION"],
    ["23505", "ALREADY_EXISTS"],
    ["23514", "FAILED_PRECONDITION"],
    ["25006", "UNAVAILABLE"],
    ["40001", "ABORTED"],
    ["40P01", "ABORTED"],
    ["42601", "INTERNAL"],
    ["53100", "UNAVAILABLE"],
    ["53300", "UNAVAILABLE"],
    ["53400", "UNAVAILABLE"],
    ["54000", "INVALID_ARGUMENT"],
    ["54001", "INTERNAL"],
    ["58030", "UNAVAILABLE"],
    ["57014", "CANCELLED"],
    ["57P01", "UNAVAILABLE"],
    ["57P03", "UNAVAILABLE"],
    ["XX000", "INTERNAL"],
    ["ECONNREFUSED", "UNAVAILABLE"],
    ["ERR_SOMETHING", "INTERNAL"],
  ])("%s is %s, and shows nothing of the statement", (state, code) => {
    const error = toDatabaseError(thrown(state));
    expect(error.code).toBe(code);
    expect(JSON.stringify([error.message, error.details])).not.toContain("secret");
    expect(error.cause).toBeInstanceOf(Error);
  });

  it.each([
    ["XX000", 'could not extend file "base/5/1": File too large'],
    ["XX000", 'could not extend file "base/5/1": Disk quota exceeded'],
    ["58030", 'could not write to file "pg_wal/1": No space left on device'],
  ])("knows want of room that has no code of its own: %s, %s", (state, message) => {
    const error = toDatabaseError(Object.assign(new Error(message), { code: state }));
    expect(error.code).toBe("UNAVAILABLE");
    expect(error.detail("error_info")?.reason).toBe("DATABASE_FULL");
  });

  it.each(["Connection terminated unexpectedly", "timeout expired", "Client was closed and is not queryable"])(
    "knows a lost connection that has no code: %s",
    (message) => {
      expect(toDatabaseError(new Error(message)).code).toBe("UNAVAILABLE");
    },
  );

  it("takes anything", () => {
    for (const odd of [undefined, null, 7, "text", {}, new Error()]) expect(toDatabaseError(odd).code).toBe("INTERNAL");
    const mine = new ParleyError("NOT_FOUND", "user not found");
    expect(toDatabaseError(mine)).toBe(mine);
  });
});

describe("the error of an aborted signal", () => {
  it("is the reason where that says why, else CANCELLED", () => {
    const mine = new ParleyError("DEADLINE_EXCEEDED", "mine");
    expect(abortError(AbortSignal.abort(mine))).toBe(mine);
    expect(abortError(AbortSignal.abort()).code).toBe("CANCELLED");
    expect(abortError(AbortSignal.abort("because")).code).toBe("CANCELLED");
    expect(abortError(AbortSignal.abort(new DOMException("late", "TimeoutError"))).code).toBe("DEADLINE_EXCEEDED");
  });
});
