import { describe, expect, it } from "vitest";
import { toScript, toStatement } from "../src/to-statement.ts";

describe("a statement", () => {
  it("has at most the bytes of a message, its parameters included", () => {
    const limit = { maxBytes: 20 };
    expect(toStatement("SELECT $1", ["éééé"], limit).params).toEqual(["éééé"]);
    expect(() => toStatement("SELECT $1", ["é".repeat(6)], limit)).toThrow(/21 bytes, and PostgreSQL takes 20/);
    expect(() => toStatement("x".repeat(21), [], limit)).toThrow(/21 bytes/);
  });

  it("as a script ends at no U+0000", () => {
    expect(() => toScript("SELECT 1;\0")).toThrow(/U\+0000/);
  });
});
