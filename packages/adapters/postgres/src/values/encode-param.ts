import { unfitValue } from "../database-error.ts";

/**
 * The text that PostgreSQL reads for a value. Both drivers send exactly this, so a statement means the same on each.
 *
 * | JavaScript | sent as |
 * | --- | --- |
 * | `null`, `undefined` | NULL |
 * | string | itself |
 * | number, bigint, boolean | its digits, or `true` and `false` |
 * | `Date` | ISO 8601 in UTC |
 * | `Uint8Array` | `bytea` in hexadecimal |
 * | array | a PostgreSQL array; for a JSON array pass `JSON.stringify(array)` |
 * | any other object | JSON |
 *
 * @throws TypeError for a value that has no text: a function, a symbol, an invalid date. RangeError for a string that
 *   PostgreSQL's text cannot hold.
 */
export function encodeParam(value: unknown): string | null {
  switch (typeof value) {
    case "string":
      assertStorable(value);
      return value;
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
    case "undefined":
      return null;
    case "object":
      return value === null ? null : encodeObject(value);
    default:
      throw new TypeError(`a ${typeof value} cannot be a parameter of a statement`);
  }
}

/**
 * Encodes a list of parameters; the error, or its cause where clients may see the error, names the position.
 * @throws ParleyError INVALID_ARGUMENT for a string that PostgreSQL's text cannot hold; TypeError as {@link encodeParam}.
 */
export function encodeParams(values: readonly unknown[]): (string | null)[] {
  return values.map((value, index) => {
    try {
      return encodeParam(value);
    } catch (error) {
      const problem = `parameter $${index + 1}: ${(error as Error).message}`;
      if (error instanceof RangeError) throw unfitValue(new RangeError(problem, { cause: error }));
      throw new TypeError(problem, { cause: error });
    }
  });
}

/** A driver would send U+FFFD for half of a surrogate pair, so that what is stored is not what was given. */
function assertStorable(text: string): void {
  if (text.includes("\0")) throw new RangeError("holds U+0000, which PostgreSQL's text cannot: store it as bytea");
  if (!text.isWellFormed()) throw new RangeError("holds half of a surrogate pair, which is no character");
}

function encodeObject(value: object): string | null {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new TypeError("an invalid Date cannot be a parameter of a statement");
    return encodeDate(value);
  }
  if (value instanceof Uint8Array) {
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")}`;
  }
  return Array.isArray(value) ? encodeArray(value) : (JSON.stringify(value) ?? null);
}

/** PostgreSQL reads neither the signed six-digit years of ISO 8601 nor a year 0, but an era. */
function encodeDate(date: Date): string {
  const text = date.toISOString();
  const match = /^([+-])(\d{6})(-.*)$/.exec(text);
  if (!match) return text.startsWith("0000") ? `0001${text.slice(4)} BC` : text;
  const year = Number(match[2]);
  return match[1] === "+" ? `${year}${match[3]}` : `${String(year + 1).padStart(4, "0")}${match[3]} BC`;
}

function encodeArray(values: readonly unknown[]): string {
  const items = values.map((value) => {
    if (Array.isArray(value)) return encodeArray(value);
    const text = encodeParam(value);
    return text === null ? "NULL" : `"${text.replace(/[\\"]/g, "\\$&")}"`;
  });
  return `{${items.join(",")}}`;
}
