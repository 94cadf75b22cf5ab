import { describe, expect, test } from "vitest";
import { Metadata } from "../src/call/metadata.ts";
import { formatBaggage, parseBaggage } from "../src/context/baggage.ts";
import { decodeTenant, encodeTenant, MAX_TENANT_LENGTH } from "../src/context/tenant.ts";
import { parseTrace } from "../src/context/trace.ts";

describe("a value of metadata", () => {
  test.each([
    ["en, ", "en,"],
    ["\t en \t", "en"],
    [" ", ""],
    ["a b", "a b"],
  ])("%j goes out as %j: blanks at its ends are no part of it", (given, sent) => {
    expect(new Metadata().set("a", given).append("a", given).getAll("a")).toEqual([sent, sent]);
  });

  test.each(["a\tb", "a\u0000", "\r\na"])("%j is refused", (value) => {
    expect(() => new Metadata([["a", value]])).toThrow("metadata a must be printable ASCII");
  });
});

describe("a tenant id", () => {
  test.each([
    ["acme", "acme"],
    ["acme/eu:1+2=3", "acme/eu:1+2=3"],
    ["Acme Inc", "Acme%20Inc"],
    ["Acme ", "Acme%20"],
    ["Zürich", "Z%C3%BCrich"],
    ["50%", "50%25"],
    ["%41", "%2541"],
    ["x".repeat(129), "x".repeat(129)],
    ["日".repeat(200), "%E6%97%A5".repeat(200)],
  ])("%j travels as %j and arrives as it was", (tenant, header) => {
    expect(encodeTenant(tenant)).toBe(header);
    expect(decodeTenant(header)).toBe(tenant);
  });

  test.each([
    ["a\r\nb", "control character"],
    ["a\u0000", "control character"],
    ["\ud800", "surrogate"],
    ["x".repeat(MAX_TENANT_LENGTH + 1), "has 1025 characters, over the 1024 allowed"],
  ])("%j is refused with the reason", (tenant, reason) => {
    expect(() => encodeTenant(tenant)).toThrow(reason);
    if (tenant.isWellFormed()) expect(() => decodeTenant(encodeURIComponent(tenant))).toThrow(reason);
  });

  test.each([
    ["%zz", "not percent-encoded UTF-8"],
    ["%ff", "not percent-encoded UTF-8"],
    ["Z\u00c3\u00bcrich", "not printable ASCII"],
  ])(
    "the header %j is refused with the reason, for a call without its tenant would be another call",
    (header, reason) => {
      expect(() => decodeTenant(header)).toThrow(reason);
    },
  );

  test("a header that is not encoded is taken as it is, and an empty one is none", () => {
    expect(decodeTenant("Acme Inc")).toBe("Acme Inc");
    expect(decodeTenant("")).toBeUndefined();
  });
});

describe("tracestate", () => {
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  test.each([
    ["a=1, ", "a=1"],
    [",a=1,,b=2,", "a=1,b=2"],
    ["a=1,\t b=2", "a=1,b=2"],
    ["a=1", "a=1"],
    [", ", undefined],
    ["", undefined],
    ["a=\u00e9", undefined],
    ["a=\n", undefined],
  ])("%j goes on as %j, and the trace in any case", (tracestate, state) => {
    const trace = parseTrace(traceparent, tracestate);
    expect(trace?.traceId).toBe("4bf92f3577b34da6a3ce929d0e0e4736");
    expect(trace?.state).toBe(state);
  });

  test("of one that is too long as many members go on as fit", () => {
    const members = Array.from({ length: 30 }, (_, index) => `v${index}=${"x".repeat(40)}`);
    const state = parseTrace(traceparent, members.join(","))?.state;
    expect(state?.length).toBeLessThanOrEqual(512);
    expect(state?.split(",")).toEqual(members.slice(0, 11));
  });
});

describe("baggage", () => {
  test("what may stand in a header goes on at its length: 7,000 slashes are not 21,000 characters", () => {
    const header = `a=${"/".repeat(7_000)}`;
    expect(formatBaggage(parseBaggage(header))).toBe(header);
  });

  test("reads back every character that it writes", () => {
    const value = `${Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("")}日🙂`;
    const header = formatBaggage({ a: value });
    expect(header).toMatch(/^a=[!#$%&'()*+.\-/:<-[\]-~\w]+$/);
    expect(parseBaggage(header).a).toBe(value);
  });

  test("entries over the limit of the specification are left out, and half of a surrogate pair does not throw", () => {
    const header = formatBaggage({ a: " ".repeat(3_000), b: "\ud800", c: "1" });
    expect(header).toBe("b=%EF%BF%BD,c=1");
    const many = formatBaggage(Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`k${index}`, "1"])));
    expect(many?.split(",").length).toBe(64);
  });

  test("a key that no header can hold is named", () => {
    expect(() => formatBaggage({ "a b": "1" })).toThrow('the baggage key "a b" must be a token');
  });
});
