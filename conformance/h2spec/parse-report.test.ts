import { expect, test } from "vitest";
import { parseReport } from "./parse-report.ts";

test("a report tells what passed, failed and was skipped, by section and title", () => {
  const report = parseReport(`<?xml version="1.0"?><testsuites><testsuite name="a" tests="4">
    <testcase package="http2/5.1" classname="Sends a &#34;te&#34; header" time="0.1"></testcase>
    <testcase package="http2/6.7" classname="A &lt; B" time="2.0">
      <error>GOAWAY Frame
Timeout</error>
    </testcase>
    <testcase package="http2/6.8" classname="Is wrong" time="2.0"><failure>no</failure></testcase>
    <testcase package="http2/6.9" classname="Is left out" time="0"><skipped></skipped></testcase>
  </testsuite></testsuites>`);
  expect(report).toEqual({
    cases: 4,
    failed: ["http2/6.7: A < B", "http2/6.8: Is wrong"],
    skipped: ["http2/6.9: Is left out"],
  });
});
