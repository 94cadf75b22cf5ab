import { ParleyError } from "@parley/core";
import type { ToolResult } from "../run-tool.ts";
import type { Finding } from "./finding.ts";
import { bufRemedy } from "./remedies.ts";

/** What buf exits with when it has findings; other codes but 0 mean that it could not do its work. */
const HAS_FINDINGS = 100;

interface BufAnnotation {
  readonly path?: string;
  readonly start_line?: number;
  readonly start_column?: number;
  readonly type: string;
  readonly message: string;
}

/** The findings that buf printed with `--error-format=json`. */
export function readBufFindings(result: ToolResult, kind: "lint" | "breaking"): readonly Finding[] {
  if (result.exitCode === 0) return [];
  if (result.exitCode !== HAS_FINDINGS) {
    throw new ParleyError("INVALID_ARGUMENT", `buf ${kind} failed: ${result.stderr.trim()}`);
  }
  const lines = `${result.stdout}${result.stderr}`.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => toFinding(JSON.parse(line) as BufAnnotation, kind));
}

function toFinding(annotation: BufAnnotation, kind: "lint" | "breaking"): Finding {
  const { path, start_line: line, start_column: column, type: rule, message } = annotation;
  return {
    kind: rule === "COMPILE" ? "compile" : kind,
    file: path?.replace(/^.*?\bsystem\//, ""),
    line,
    column,
    rule,
    message,
    remedy: bufRemedy(rule, kind),
  };
}
