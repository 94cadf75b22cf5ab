import { currentContext, type Logger } from "@parley/core";
import { type DestinationStream, pino } from "pino";
import { describeError } from "./describe-error.ts";
import { type FileDestination, openBuffered, openImmediate } from "./destination.ts";
import { writeFlatLines } from "./flat-lines.ts";
import { childOf, keepKeysApart } from "./own-keys.ts";
import { createPrettyFormat } from "./pretty.ts";
import { redactLines } from "./redact.ts";

/** Lines below the level are not written, and cost about 10 ns. `"silent"` writes none. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];
const STDOUT = 1;

export interface LoggerOptions {
  /** The service's name, in every line. */
  readonly name: string;
  /** Default `"info"`. */
  readonly level?: LogLevel;
  /** JSON for machines, one object a line; pretty for a person. Default pretty if stdout is a terminal and the destination. */
  readonly format?: "json" | "pretty";
  /** A path (made if missing, appended to), a file descriptor, or a stream of lines. Default stdout. */
  readonly destination?: string | number | LineStream;
  /** Colours in the pretty format. Default only on a terminal. */
  readonly colors?: boolean;
}

/** Takes finished lines, each with its line end. */
export interface LineStream {
  write(line: string): unknown;
}

/** A core logger that can have children and be flushed. Lines written within a call carry its request and trace id. */
export interface TelemetryLogger extends Logger {
  /** A logger whose lines also carry these fields. */
  child(fields: object): TelemetryLogger;
  /**
   * A logger for another part of the same process, with the same destination: two destinations on one descriptor would
   * cut into each other's lines.
   */
  named(name: string): TelemetryLogger;
  isLevelEnabled(level: Exclude<LogLevel, "silent">): boolean;
  /** Resolves once everything logged so far has been handed to the system. Never rejects. */
  flush(): Promise<void>;
}

/**
 * Logs through pino. Errors under the key `err` are written with type, message, stack, code and causes alone.
 * @throws TypeError for a name, level or format that does not exist.
 */
export function createLogger(options: LoggerOptions): TelemetryLogger {
  const { name, level, format, destination, colors } = resolveLoggerOptions(options);
  const file = typeof destination === "object" ? undefined : openFile(destination, format);
  const sink = file ?? (destination as LineStream);
  const streamWrite = format === "pretty" ? prettify(colors) : file ? undefined : redactLines;
  const loggerNamed = (part: string): TelemetryLogger => {
    const logger = pino(
      {
        name: part,
        level,
        base: { name: part },
        formatters: { level: (label) => ({ level: label }) },
        serializers: { err: (thrown: unknown) => describeError(thrown) },
        mixin: contextFields,
        mixinMergeStrategy: (line, added) => (added === NOTHING ? line : Object.assign(added, line)),
        hooks: streamWrite ? { streamWrite } : {},
      },
      sink as DestinationStream,
    );
    writeFlatLines(logger);
    keepKeysApart(logger);
    return adapt(logger, { file, loggerNamed });
  };
  return loggerNamed(name);
}

function resolveLoggerOptions(options: LoggerOptions) {
  const { name, level = "info", destination = STDOUT } = options;
  const terminal = destination === STDOUT && process.stdout.isTTY === true;
  const { format = terminal ? "pretty" : "json", colors = terminal } = options;
  if (name === "")
    throw new TypeError("the logger's name must not be empty; give it the service's, like \"user-service\"");
  if (!LEVELS.includes(level)) {
    throw new TypeError(`the log level must be one of ${LEVELS.join(", ")}, got ${JSON.stringify(level)}`);
  }
  if (format !== "json" && format !== "pretty") {
    throw new TypeError(`the log format must be "json" or "pretty", got ${JSON.stringify(format)}`);
  }
  return { name, level, destination, format, colors };
}

/** JSON is redacted on its way into the file, many lines at a time. */
function openFile(target: string | number, format: "json" | "pretty"): FileDestination {
  return format === "json" ? openBuffered(target, redactLines) : openImmediate(target);
}

function prettify(colors: boolean): (line: string) => string {
  const format = createPrettyFormat(colors);
  return (line) => format(redactLines(line));
}

const NOTHING = Object.freeze({});

/** What a line gets from the call it is written in, unless it says itself which call it is about. */
function contextFields(line: object): object {
  if ("requestId" in line) return NOTHING;
  const context = currentContext();
  return context ? { requestId: context.requestId, traceId: context.trace.traceId } : NOTHING;
}

interface Shared {
  readonly file: FileDestination | undefined;
  readonly loggerNamed: (name: string) => TelemetryLogger;
}

function adapt(logger: pino.Logger, shared: Shared): TelemetryLogger {
  const { file, loggerNamed } = shared;
  return {
    debug: logger.debug.bind(logger),
    info: logger.info.bind(logger),
    warn: logger.warn.bind(logger),
    error: logger.error.bind(logger),
    child: (fields) => adapt(childOf(logger, fields), shared),
    named: loggerNamed,
    isLevelEnabled: (level) => logger.isLevelEnabled(level),
    flush: () => new Promise((resolve) => (file ? file.flush(() => resolve()) : resolve())),
  };
}
