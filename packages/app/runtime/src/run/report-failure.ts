import { isParleyError } from "@parley/core";

/** Writes to stderr why something could not run. */
export function reportFailure(error: unknown): void {
  process.stderr.write(`${describeFailure(error)}\n`);
}

/**
 * The message alone where it was written for the user, with the place of the mistake where that lies in the user's own
 * code; the whole stack of anything else.
 */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const forUser = isParleyError(error) && error.code !== "INTERNAL" && error.code !== "UNKNOWN";
  if (!forUser) return error.stack ?? error.message;
  const place = placeOf(error.cause);
  return place === "" ? error.message : `${error.message}\n${place}`;
}

/** Where an error was thrown, without the message that has been told already. */
function placeOf(cause: unknown): string {
  // An error of the operating system or of Parley is explained by its message; its stack is ours, not the user's.
  if (!(cause instanceof Error) || isParleyError(cause) || "syscall" in cause) return "";
  const told = cause.message.split("\n");
  const lines = (cause.stack ?? "")
    .split("\n")
    .filter((line) => !told.some((text) => text !== "" && line.includes(text)) && !/\bnode:internal\//.test(line));
  return lines.join("\n").replace(/^\n+|\n+$/g, "");
}
