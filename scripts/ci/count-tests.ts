/** The part of Vitest's JSON report that is read here. */
interface TestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

export interface TestCount {
  readonly passed: number;
  readonly failed: number;
}

/** Counts tests. A file that failed before or beside its tests counts as one failure, so that no red run reads "0 failed". */
export function countTests(json: string, outcome: "passed" | "failed"): TestCount {
  const report = JSON.parse(json) as TestReport;
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.every((test) => test.status !== "failed"),
  );
  const failed = report.numFailedTests + brokenFiles.length;
  return { passed: report.numPassedTests, failed: outcome === "failed" ? Math.max(failed, 1) : failed };
}
