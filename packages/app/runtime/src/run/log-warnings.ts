import type { Logger } from "@parley/core";

/** Node's warnings (deprecations, leaks of listeners), as lines of the log. */
export interface WarningLog {
  /** Where they go; those that came before follow now. */
  to(log: Logger): void;
  /** Gives them back to Node, which prints them; also those that no log has taken. */
  end(): void;
}

/** A process that warns more than this before it has a log tells no more by going on. */
const MOST_WAITING = 100;
/** The listener that Node prints with. */
const NODES_OWN = "onWarning";

/** Takes Node's warnings, which would stand as plain text between lines of JSON. */
export function logWarnings(): WarningLog {
  const printers = process.listeners("warning").filter(({ name }) => name === NODES_OWN);
  const waiting: Error[] = [];
  let log: Logger | undefined;
  const take = (warning: Error): void => {
    if (log) write(log, warning);
    else if (waiting.length < MOST_WAITING) waiting.push(warning);
  };
  for (const printer of printers) process.off("warning", printer);
  process.on("warning", take);
  return {
    to(target) {
      log = target;
      for (const warning of waiting.splice(0)) write(target, warning);
    },
    end() {
      process.off("warning", take);
      for (const printer of printers) process.on("warning", printer);
      for (const warning of waiting.splice(0)) for (const print of printers) print(warning);
    },
  };
}

function write(log: Logger, warning: Error & { readonly code?: string; readonly detail?: string }): void {
  const { name, code, detail, message, stack } = warning;
  const traced = "traceProcessWarnings" in process && process.traceProcessWarnings === true;
  log.warn({ warning: name, code, detail, stack: traced ? stack : undefined }, message);
}
