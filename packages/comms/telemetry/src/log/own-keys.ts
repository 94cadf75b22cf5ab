import { type Logger, pino } from "pino";

const { asJsonSym } = pino.symbols;
/** What every line has already: a field of the same key would stand in it twice, and a parser would lose one of them. */
const OF_EVERY_LINE: readonly string[] = ["level", "time", "name"];
const MESSAGE: readonly string[] = ["msg"];
/** The keys that lines of a logger have already, for {@link OF_EVERY_LINE} and what its children were given. */
const taken = Symbol("keys that every line of this logger has");

type Fields = Readonly<Record<string, unknown>>;

interface WithKeys {
  readonly [taken]?: readonly string[];
}

type LineWriter = (this: WithKeys, fields: Fields, message: string | undefined, level: number, time: string) => string;

/** Has every key stand once in a line of this logger and its children: a field whose key is taken gets `_` before it. */
export function keepKeysApart(logger: Logger): void {
  const internals = logger as unknown as Record<symbol, unknown>;
  const writeLine = internals[asJsonSym] as LineWriter;
  const writeApart: LineWriter = function (fields, message, level, time) {
    const own = apart(fields, this[taken] ?? OF_EVERY_LINE);
    return writeLine.call(this, message === undefined ? own : apart(own, MESSAGE), message, level, time);
  };
  internals[asJsonSym] = writeApart;
}

/** A child whose fields are in all its lines, and are taken from then on. */
export function childOf(logger: Logger, fields: object): Logger {
  const before = (logger as WithKeys)[taken] ?? OF_EVERY_LINE;
  const own = apart(fields as Fields, before);
  const child = logger.child(own);
  return Object.assign(child, { [taken]: [...before, ...Object.keys(own)] });
}

/** The fields themselves, nearly always. */
function apart(fields: Fields, keys: readonly string[]): Fields {
  if (!hasAny(fields, keys)) return fields;
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [keys.includes(key) ? `_${key}` : key, value] as const),
  );
}

function hasAny(fields: Fields, keys: readonly string[]): boolean {
  for (const key of keys) if (fields[key] !== undefined) return true;
  return false;
}
