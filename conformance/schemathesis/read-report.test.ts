import { expect, test } from "vitest";
import { EXCLUSIONS } from "./exclusions.ts";
import { readReport } from "./read-report.ts";

const base64 = (text: string) => ({ $base64: Buffer.from(text).toString("base64") });

const step = (id: string, isApplied: boolean, isInferred = false) => ({
  value: { method: "GET", path: "/users/{id}" },
  transition: { id, is_inferred: isInferred },
  is_transition_applied: isApplied,
});

const SCENARIO = {
  phase: "fuzzing",
  recorder: {
    label: "GET /users/{id}",
    cases: { A: step("followed", true), B: step("without a value", false), C: step("guessed by the tool", true, true) },
    checks: {
      A: [
        { name: "not_a_server_error", status: "success" },
        {
          name: "negative_data_rejection",
          status: "failure",
          failure_info: { failure: { title: "Schema-violating request accepted", message: "phone: Incorrect type" } },
        },
      ],
    },
    interactions: {
      A: {
        request: { method: "GET", uri: "http://localhost/users/1", body: base64('{"phone": 7}') },
        response: { status_code: 200, content: base64("{}") },
      },
    },
  },
};

const lines = (...events: object[]) => events.map((event) => JSON.stringify(event)).join("\n");

test("counts a link as covered only if the document has it and a value went along it", () => {
  const report = readReport(lines({ ScenarioFinished: SCENARIO }, { EngineFinished: { stop_reason: "completed" } }));
  expect([...report.coveredLinks]).toEqual(["followed"]);
  expect(report).toMatchObject({ operations: 1, cases: 3, errors: [], isComplete: true });
});

test("gives each failed check with its request and answer, and excludes a null only", () => {
  const [finding, ...others] = readReport(lines({ ScenarioFinished: SCENARIO })).findings;
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ operation: "GET /users/{id}", requestBody: '{"phone": 7}', status: 200 });
  if (!finding) throw new Error("there is one");
  const isExcluded = (requestBody: string) => EXCLUSIONS.some((one) => one.matches({ ...finding, requestBody }));
  expect([isExcluded('{"phone": 7}'), isExcluded('{"phone": null}')]).toEqual([false, true]);
});

test("a run that was cut off is not complete, and what the tool could not do is told", () => {
  const report = readReport(
    lines({ NonFatalError: { value: "no such header" } }, { EngineFinished: { stop_reason: "interrupted" } }),
  );
  expect(report).toMatchObject({ isComplete: false, errors: [expect.stringContaining("no such header")] });
});
