import { tracingChannel } from "node:diagnostics_channel";
import { type Logger, pino } from "pino";

const { asJsonSym, chindingsSym, endSym, lsCacheSym } = pino.symbols;

/** What pino keeps behind symbols that it opens to libraries, to override for the sake of speed. */
type PinoInternals = Readonly<Record<symbol, unknown>>;

type LineWriter = (
  this: PinoInternals,
  fields: Readonly<Record<string, unknown>>,
  message: string | undefined,
  level: number,
  time: string,
) => string;

/** Tools that add to each line do it here; pino then writes it. */
const watched = tracingChannel("pino_asJson");

/** In a JSON text: what was escaped, and all beyond ASCII. */
const UNUSUAL = /[^\x20-\x5b\x5d-\x7e]/;

/**
 * Lets a logger and its children write lines of ASCII texts, numbers and booleans, as nearly all are, by one `JSON.stringify`:
 * 1.9 µs in place of 2.8. At anything else pino writes the whole line, so that it alone decides in every doubtful case.
 */
export function writeFlatLines(logger: Logger): void {
  const internals = logger as unknown as Record<symbol, unknown>;
  const writeLine = internals[asJsonSym] as LineWriter;
  const writeFlatLine: LineWriter = function (fields, message, level, time) {
    const text = watched.hasSubscribers ? undefined : textOf(fields, message);
    if (text === undefined) return writeLine.call(this, fields, message, level, time);
    const begin = (this[lsCacheSym] as Readonly<Record<number, string>>)[level] as string;
    return begin + time + this[chindingsSym] + text + this[endSym];
  };
  internals[asJsonSym] = writeFlatLine;
}

/** Undefined if anything in it is not of the common kind. */
function textOf(fields: Readonly<Record<string, unknown>>, message: string | undefined): string | undefined {
  // Errors have a form of their own, and so has what can say it of itself.
  if (typeof fields.toJSON === "function") return undefined;
  for (const name in fields) if (name === "err" || !isFlat(fields[name])) return undefined;
  const json = JSON.stringify(fields);
  if (!json.startsWith("{") || UNUSUAL.test(json)) return undefined;
  const text = json === "{}" ? "" : `,${json.slice(1, -1)}`;
  if (message === undefined) return text;
  if (typeof message !== "string") return undefined; // whatever the types say
  const last = JSON.stringify(message);
  return UNUSUAL.test(last) ? undefined : `${text},"msg":${last}`;
}

function isFlat(value: unknown): boolean {
  const type = typeof value;
  return type === "string" || type === "number" || type === "boolean" || type === "undefined";
}
