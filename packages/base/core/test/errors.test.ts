import { describe, expect, test } from "vitest";
import { CODES, type Code, codeFromNumber, type ErrorCode } from "../src/errors/code.ts";
import { toParleyError } from "../src/errors/from-unknown.ts";
import {
  describeViolations,
  invalidArgument,
  isParleyError,
  notFound,
  ParleyError,
} from "../src/errors/parley-error.ts";

describe("the catalogue", () => {
  test("has gRPC's seventeen codes, numbered 0 to 16 without a gap", () => {
    expect(Object.values(CODES).map(({ grpc }) => grpc)).toEqual([...Array(17).keys()]);
  });

  test.each(Object.entries(CODES))("%s reads back from its number, and says cause and remedy", (code, info) => {
    expect(codeFromNumber(info.grpc)).toBe(code);
    expect(info.cause).toMatch(/\.$/);
    expect(info.remedy).toMatch(/\.$/);
  });

  test("application codes are distinct, so that a program can switch on them", () => {
    const names = Object.values(CODES).map(({ application }) => application);
    expect(new Set(names).size).toBe(names.length);
  });

  test("a number that no code has is UNKNOWN", () => {
    expect([17, -1, Number.NaN].map(codeFromNumber)).toEqual(["UNKNOWN", "UNKNOWN", "UNKNOWN"]);
  });

  test.each<[Code, number]>([
    ["FAILED_PRECONDITION", 422],
    ["ALREADY_EXISTS", 409],
    ["ABORTED", 409],
    ["DEADLINE_EXCEEDED", 504],
    ["UNAVAILABLE", 503],
    ["UNAUTHENTICATED", 401],
    ["PERMISSION_DENIED", 403],
    ["RESOURCE_EXHAUSTED", 429],
  ])("%s is HTTP %d at the edge", (code, http) => {
    expect(CODES[code].http).toBe(http);
  });
});

describe("toParleyError", () => {
  const abort = (reason?: unknown): unknown => {
    const controller = new AbortController();
    controller.abort(reason);
    return controller.signal.reason;
  };
  const own = notFound("user");

  test.each<[string, unknown, ErrorCode]>([
    ["a ParleyError", own, "NOT_FOUND"],
    ["an abort", abort(), "CANCELLED"],
    ["an abort whose reason is ours", abort(own), "NOT_FOUND"],
    [
      "an AbortError that carries ours as its cause",
      new DOMException("x", { name: "AbortError", cause: own } as never),
      "NOT_FOUND",
    ],
    ["a timeout", new DOMException("x", "TimeoutError"), "DEADLINE_EXCEEDED"],
    ["a refused connection", Object.assign(new Error("x"), { code: "ECONNREFUSED" }), "UNAVAILABLE"],
    ["a foreign error with a code of the same name", Object.assign(new Error("x"), { code: "NOT_FOUND" }), "INTERNAL"],
    ["a plain object that looks like ours", { code: "NOT_FOUND", message: "x", details: [] }, "INTERNAL"],
    ["an error", new Error("password=hunter2"), "INTERNAL"],
    ["a string", "boom", "INTERNAL"],
    ["undefined", undefined, "INTERNAL"],
    ["null", null, "INTERNAL"],
    ["an object without a prototype", Object.create(null), "INTERNAL"],
    ["a revoked proxy", revokedProxy(), "INTERNAL"],
  ])("takes %s", (_, thrown, code) => {
    const error = toParleyError(thrown);
    expect(error.code).toBe(code);
    expect(error.message).not.toContain("hunter2");
  });

  test("keeps the original for the log", () => {
    const original = new Error("boom");
    expect(toParleyError(original).cause).toBe(original);
  });
});

test("an error of another copy of this package is recognised", () => {
  const foreign = Object.assign(new Error("x"), { [Symbol.for("parley.error")]: true, code: "ABORTED", details: [] });
  expect(isParleyError(foreign)).toBe(true);
});

test("violations are joined into one sentence and kept as details", () => {
  const violations = [
    { field: "email", description: "is required" },
    { field: "items[0].price", description: "must not be negative" },
    { field: "", description: "from must be before to" },
  ];
  const error = invalidArgument(violations);
  expect(error.message).toBe("email is required; items[0].price must not be negative; from must be before to");
  expect(error.detail("bad_request")?.violations).toEqual(violations);
  expect(describeViolations([])).toBe("");
});

test("details are found by type", () => {
  const error = new ParleyError("RESOURCE_EXHAUSTED", "slow down", {
    details: [{ type: "retry_info", retryAfterMs: 5 }],
  });
  expect(error.detail("retry_info")?.retryAfterMs).toBe(5);
  expect(error.detail("error_info")).toBeUndefined();
  expect(error.httpStatus).toBe(429);
});

function revokedProxy(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
