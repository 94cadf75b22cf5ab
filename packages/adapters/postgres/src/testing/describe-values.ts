import { describe, expect, it } from "vitest";
import type { DatabaseSubject } from "./describe-database.ts";
import { withDatabase } from "./with-database.ts";

/** SQL, and what it is in JavaScript. */
const READ: readonly (readonly [sql: string, value: unknown])[] = [
  ["true", true],
  ["7::smallint", 7],
  ["2147483647::integer", 2_147_483_647],
  ["9223372036854775807::bigint", 9_223_372_036_854_775_807n],
  ["1.10::numeric", "1.10"],
  ["12345678901234567890.123456789::numeric", "12345678901234567890.123456789"],
  ["0.5::real", 0.5],
  ["'NaN'::double precision", Number.NaN],
  ["'2026-03-04 05:06:07.089+02'::timestamptz", new Date("2026-03-04T03:06:07.089Z")],
  ["'infinity'::timestamptz", new Date(8.64e15)],
  ["'2026-03-04'::date", "2026-03-04"],
  ["'2026-03-04 05:06:07'::timestamp", "2026-03-04 05:06:07"],
  ["'05:06:07'::time", "05:06:07"],
  ["'1 day 02:00:00'::interval", "1 day 02:00:00"],
  [`'{"a": [1, null]}'::jsonb`, { a: [1, null] }],
  ["'null'::jsonb", null],
  ["'\\x00ff'::bytea", new Uint8Array([0, 255])],
  ["'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"],
  ["NULL::integer", null],
  ["ARRAY[1, NULL, 3]::bigint[]", [1n, null, 3n]],
  [
    "ARRAY[['a', 'b'], ['c', NULL]]::text[]",
    [
      ["a", "b"],
      ["c", null],
    ],
  ],
  ["ARRAY['1.0', '2']::numeric[]", ["1.0", "2"]],
  ["ARRAY['{\"a\":1}']::jsonb[]", [{ a: 1 }]],
  ["'a=>b'::text", "a=>b"],
  ["'[1,5)'::int4range", "[1,5)"],
];

/** A type, a value to send as a parameter of it, and what comes back. */
const ROUND_TRIP: readonly (readonly [type: string, sent: unknown, read: unknown])[] = [
  ["text", 'it\'s \\ "so" €😀', 'it\'s \\ "so" €😀'],
  ["text", "", ""],
  ["text", undefined, null],
  ["integer", -5, -5],
  ["bigint", 2n ** 62n, 2n ** 62n],
  ["numeric", "0.1", "0.1"],
  ["double precision", 1e-7, 1e-7],
  ["boolean", false, false],
  ["timestamptz", new Date("2026-01-02T03:04:05.678Z"), new Date("2026-01-02T03:04:05.678Z")],
  ["timestamptz", new Date("-000043-03-15T00:00:00.000Z"), new Date("-000043-03-15T00:00:00.000Z")],
  ["timestamptz", new Date("+012026-03-15T00:00:00.000Z"), new Date("+012026-03-15T00:00:00.000Z")],
  ["date", new Date("2026-01-02T23:59:59Z"), "2026-01-02"],
  ["bytea", new Uint8Array([1, 0, 255]), new Uint8Array([1, 0, 255])],
  ["bytea", Buffer.from("abcd").subarray(1, 3), new Uint8Array([98, 99])],
  ["jsonb", { a: { b: "c" } }, { a: { b: "c" } }],
  ["jsonb", JSON.stringify([1, 2]), [1, 2]],
  ["text[]", ["a", null, 'b"c\\', "NULL", "", "{x,y}"], ["a", null, 'b"c\\', "NULL", "", "{x,y}"]],
  ["integer[]", [], []],
  ["bigint[]", [[1n], [2n]], [[1n], [2n]]],
  ["timestamptz[]", [new Date(0)], [new Date(0)]],
  ["bytea[]", [new Uint8Array([9])], [new Uint8Array([9])]],
  ["jsonb[]", [{ a: 1 }], [{ a: 1 }]],
];

export function describeValues(subject: DatabaseSubject): void {
  describe("values", () => {
    it("reads each type as the one value that holds it", () =>
      withDatabase(subject, async (database) => {
        for (const [sql, value] of READ) {
          const { rows } = await database.query(`SELECT ${sql} AS value`);
          expect(rows, sql).toEqual([{ value }]);
        }
      }));

    it("reads back what it was sent", () =>
      withDatabase(subject, async (database) => {
        for (const [type, sent, value] of ROUND_TRIP) {
          const { rows } = await database.query(`SELECT $1::${type} AS value`, [sent]);
          expect(rows, type).toEqual([{ value }]);
        }
      }));

    it("refuses a parameter that has no text, naming its place", () =>
      withDatabase(subject, async (database) => {
        const query = database.query("SELECT $1::text, $2::text", ["fine", () => {}]);
        await expect(query).rejects.toThrow(/^parameter \$2: a function cannot be a parameter/);
        await expect(database.query("SELECT $1::date", [new Date(Number.NaN)])).rejects.toThrow(TypeError);
      }));
  });
}
