import { type ErrorDetail, isParleyError } from "@parley/core";
import { describeViolations } from "@parley/core/internal";
import { CommanderError } from "commander";
import { EXIT } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** Says what went wrong, in the format asked for, and gives the exit code. */
export function reportError(error: unknown, terminal: Terminal, format: "text" | "json"): number {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok; // help or version was shown
  const { code, message, details } = describe(error);
  if (format === "json") {
    const shown = details.filter(({ type }) => type !== "opaque");
    terminal.write(`${JSON.stringify({ error: { code, message, ...(shown.length > 0 && { details: shown }) } })}\n`);
  } else if (!(error instanceof CommanderError)) {
    // Commander has written its own by now.
    const label = isParleyError(error) ? `error ${code}` : "error";
    const lines = details.map(describeDetail).filter((line) => !saysAlready(message, line));
    terminal.writeError(`${[`${label}: ${message}`, ...lines].join("\n  ")}\n`);
  }
  return code === "USAGE" ? EXIT.usage : EXIT.failed;
}

interface Described {
  readonly code: string;
  readonly message: string;
  readonly details: readonly ErrorDetail[];
}

function describe(error: unknown): Described {
  if (isParleyError(error)) {
    return { code: error.code, message: error.message, details: error.details };
  }
  if (error instanceof CommanderError) {
    return { code: "USAGE", message: error.message.replace(/^error: /, ""), details: [] };
  }
  if (error instanceof UsageError) return { code: "USAGE", message: error.message, details: [] };
  // Not one of ours: a defect, whose place matters more than its looks.
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: "INTERNAL", message, details: [] };
}

function describeDetail(detail: ErrorDetail): string {
  switch (detail.type) {
    case "bad_request":
      return describeViolations(detail.violations);
    case "retry_info":
      return `retry after ${detail.retryAfterMs} ms`;
    case "error_info":
      return `${detail.reason} (${detail.domain}) ${JSON.stringify(detail.metadata)}`;
    case "opaque":
      return `a detail of type ${detail.typeUrl}, ${detail.value.length} bytes`;
  }
}

/** The message of a refused request is mostly its violations, word for word. */
function saysAlready(message: string, line: string): boolean {
  return line.split("; ").every((part) => message.includes(part));
}
