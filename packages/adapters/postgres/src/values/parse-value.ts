import pg from "pg";

/** Turns the text of one value into JavaScript. */
type Parse = (text: string) => unknown;

/**
 * What each type of PostgreSQL is in JavaScript, by both drivers. The rule: no value loses what it holds, and none
 * depends on the time zone of the process. A type that is not listed, `numeric`, `date`, `timestamp` and `interval`
 * among them, is its text.
 *
 * | PostgreSQL | JavaScript | why |
 * | --- | --- | --- |
 * | `boolean` | boolean | |
 * | `smallint`, `integer`, `oid`, `real`, `double precision` | number | |
 * | `bigint` | bigint | exact, and what generated protobuf code uses for int64 |
 * | `numeric` | string | exact: money is never rounded through a double |
 * | `timestamptz` | `Date` | an instant; to the millisecond. `infinity` is the last instant that a Date can hold |
 * | `date`, `timestamp`, `time`, `interval` | string | they name no instant, so a `Date` would guess the zone |
 * | `json`, `jsonb` | parsed | |
 * | `bytea` | `Uint8Array` | |
 * | arrays of these and of `text`, `varchar`, `uuid`, `numeric`, `date`, `timestamp` | arrays | |
 */
const SCALARS: ReadonlyMap<number, Parse> = new Map<number, Parse>([
  [16, (text) => text === "t"],
  [17, (text) => new Uint8Array(Buffer.from(text.slice(2), "hex"))],
  [20, BigInt],
  [21, Number],
  [23, Number],
  [26, Number],
  [700, Number],
  [701, Number],
  [114, (text) => JSON.parse(text) as unknown],
  [3802, (text) => JSON.parse(text) as unknown],
  [1184, parseInstant],
]);

/** Array types by their own OID, with the OID of their element. */
const ARRAYS: ReadonlyMap<number, number> = new Map([
  [1000, 16],
  [1001, 17],
  [1016, 20],
  [1005, 21],
  [1007, 23],
  [1028, 26],
  [1021, 700],
  [1022, 701],
  [199, 114],
  [3807, 3802],
  [1185, 1184],
  [1009, 25],
  [1015, 1043],
  [1014, 1042],
  [2951, 2950],
  [1231, 1700],
  [1182, 1082],
  [1115, 1114],
]);

const asText: Parse = (text) => text;

/** The parser for each type that is not left as text, by the type's OID. */
const VALUE_PARSERS: Readonly<Record<number, Parse>> = Object.fromEntries([
  ...SCALARS,
  ...[...ARRAYS].map(([array, element]): [number, Parse] => {
    const parse = SCALARS.get(element) ?? asText;
    return [array, (text) => parseArray(text, parse)];
  }),
]);

/** The parser for a type. */
export function parserOf(oid: number): Parse {
  return VALUE_PARSERS[oid] ?? asText;
}

const parseTimestamp = pg.types.getTypeParser(1184, "text") as (text: string) => unknown;
/** The first and last instants a Date can hold (ECMA-262, section 21.4.1.1). */
const LAST_INSTANT_MS = 8.64e15;

function parseInstant(text: string): Date {
  const parsed = parseTimestamp(text);
  if (parsed instanceof Date) return parsed;
  return new Date(parsed === Number.NEGATIVE_INFINITY ? -LAST_INSTANT_MS : LAST_INSTANT_MS);
}

/** An array of text, nested as deep as the value is, whose elements are still to be parsed. */
type TextArray = (string | null | TextArray)[];

const parseTextArray = pg.types.getTypeParser(1009 as never, "text") as (text: string) => TextArray;

function parseArray(text: string, parse: Parse): unknown[] {
  const deepen = (item: string | null | TextArray): unknown => {
    if (item === null) return null;
    return Array.isArray(item) ? item.map(deepen) : parse(item);
  };
  return parseTextArray(text).map(deepen);
}
