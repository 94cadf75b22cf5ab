import { expect, it } from "vitest";
import { countTests } from "../ci/count-tests.ts";

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((test) => ({ status: test })),
});

it("counts tests", () => {
  const report = {
    numPassedTests: 2,
    numFailedTests: 1,
    testResults: [file("passed", "passed"), file("failed", "passed", "failed")],
  };
  expect(countTests(JSON.stringify(report), "failed")).toEqual({ passed: 2, failed: 1 });
});

it("counts a file that could not be loaded as a failure", () => {
  const report = { numPassedTests: 1, numFailedTests: 0, testResults: [file("passed", "passed"), file("failed")] };
  expect(countTests(JSON.stringify(report), "failed")).toEqual({ passed: 1, failed: 1 });
});

it("never calls a failed run clean", () => {
  const report = { numPassedTests: 1, numFailedTests: 0, testResults: [file("passed", "passed")] };
  expect(countTests(JSON.stringify(report), "failed")).toEqual({ passed: 1, failed: 1 });
});
