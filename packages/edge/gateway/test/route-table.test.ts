import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePathTemplate } from "../src/kernel/path-template.ts";
import { pathValue } from "../src/kernel/path-values.ts";
import { createRouteTable } from "../src/kernel/route-table.ts";

const literal = fc.stringMatching(/^[a-z][a-z0-9_.~-]{0,4}$/);
const value = fc.string({ unit: "binary", minLength: 1, maxLength: 6 }).filter((text) => text.isWellFormed());

/** A template, a path made to fit it, and the values its variables must take. */
const fitting = fc
  .array(
    fc.oneof(
      literal.map((text) => ({ template: text, path: text, value: undefined })),
      value.map((text) => ({ template: "VAR", path: encodeURIComponent(text), value: text })),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => ({
    template: `/${parts.map(({ template }, at) => (template === "VAR" ? `{v${at}}` : template)).join("/")}`,
    path: `/${parts.map(({ path }) => path).join("/")}`,
    values: parts.flatMap(({ value: text }) => (text === undefined ? [] : [text])),
  }));

describe("path templates", () => {
  test("a path made from a template is found by it, with the same values", () => {
    fc.assert(
      fc.property(fitting, ({ template, path, values }) => {
        const parsed = parsePathTemplate(template);
        const table = createRouteTable<string>();
        table.add({ method: "GET", template: parsed, owner: "it", value: "it" });
        const match = table.find("GET", path);
        if (match.kind !== "found") throw new Error(`${path} is not found by ${template}`);
        expect(parsed.variables.map((variable) => pathValue(variable, match.segments))).toEqual(values);
      }),
      { numRuns: 500 },
    );
  });

  test("any text is a template or refused with a TypeError", () => {
    const pieces = fc.constantFrom("/", "{", "}", "=", "*", "**", ":", "a", "b.c", "%2F", "%", " ", "ü");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(pieces).map((parts) => `/${parts.join("")}`),
          fc.string(),
        ),
        (text) => {
          try {
            parsePathTemplate(text);
          } catch (error) {
            expect(error).toBeInstanceOf(TypeError);
            expect((error as Error).message).toContain("path template");
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("any path is found or not, and nothing throws", () => {
    const table = createRouteTable<string>();
    for (const text of ["/", "/a/{b}", "/a/b:verb", "/{x=**}", "/a/{y=b/*}/c"]) {
      table.add({ method: "GET", template: parsePathTemplate(text), owner: text, value: text });
    }
    const path = fc
      .array(fc.constantFrom("/", "a", "b", ":", "%", "%2F", "%zz", "verb", ""))
      .map((parts) => parts.join(""));
    fc.assert(fc.property(path, (text) => ["found", "unknown"].includes(table.find("GET", text).kind)));
  });

  test.each([
    ["users", 'must begin with "/"'],
    ["/users/", "must not end with an empty segment"],
    ["/users//x", "has an empty segment"],
    ["/{name", "has a brace that is not matched"],
    ["/x{name}", 'needs "/" before "{name}"'],
    ["/{a b}", 'has a variable "a b" that is not a field path'],
    ["/{a}/{a}", "binds a twice"],
    ["/**/x", 'must have nothing after "**"'],
    ["/{a=**}/x", 'must have nothing after "**"'],
    ["/a*", 'has a segment "a*" that is neither a literal, "*" nor "**"'],
    ["/%aa", 'has a segment "%aa" whose percent-encoding is not UTF-8'],
    ["/:search", 'has a verb ":search" without a segment before it'],
    ["/a:b*", 'has a verb ":b*" that is not a plain literal'],
  ])("%s %s", (text, reason) => {
    expect(() => parsePathTemplate(text)).toThrow(`path template ${JSON.stringify(text)} ${reason}`);
  });

  test("what answers the same requests is a conflict, whatever its variables are called", () => {
    const table = createRouteTable<number>();
    const add = (method: string, text: string) =>
      table.add({ method, template: parsePathTemplate(text), owner: `owner of ${text}`, value: 0 });
    add("GET", "/a/{x}");
    expect(() => add("GET", "/{y=a/*}")).toThrow(/owner of \/\{y=a\/\*\} answers the same .* owner of \/a\/\{x\}/);
    add("POST", "/a/{x}");
    add("GET", "/a/{x}:verb");
    add("GET", "/a/b");
    add("GET", "/a/**");
  });
});
