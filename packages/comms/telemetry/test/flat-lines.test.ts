import { tracingChannel } from "node:diagnostics_channel";
import fc from "fast-check";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { writeFlatLines } from "../src/log/flat-lines.ts";

const describeThrown = (thrown: unknown): object => ({ type: typeof thrown });

/** The same line, by pino alone and with ours before it. */
function bothLines(fields: object, message: string | undefined, bindings: object = {}): [string, string] {
  const lineOf = (prepare: (logger: pino.Logger) => void): string => {
    let line = "";
    const sink = {
      write(text: string) {
        line += text;
      },
    };
    const options = { base: { name: "s" }, timestamp: () => ',"time":1', serializers: { err: describeThrown } };
    const logger = pino(options, sink);
    prepare(logger);
    const child = logger.child(bindings);
    if (message === undefined) child.info(fields);
    else child.info(fields, message);
    return line;
  };
  return [lineOf(() => {}), lineOf(writeFlatLines)];
}

function circular(): object {
  const fields: Record<string, unknown> = { a: 1 };
  fields.self = fields;
  return fields;
}

test("lines are those of pino, whatever their fields are", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string(),
    fc.constantFrom('"', "\\", "\n", "\ud800", "é", "err"),
  );
  const value = fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.constant(undefined), fc.jsonValue());
  const fields = fc.dictionary(fc.oneof(text, fc.constantFrom("err", "level", "msg", "__proto__", "toString")), value);
  fc.assert(
    fc.property(fields, fc.option(text, { nil: undefined }), fields, (given, message, child) => {
      const [theirs, ours] = bothLines(given, message, { ...child });
      expect(ours).toBe(theirs);
    }),
    { numRuns: 3_000 },
  );
});

test.each([
  ["a function", { f: () => 1, a: 1 }],
  ["a symbol", { s: Symbol("s"), a: 1 }],
  ["numbers that JSON has not", { a: Number.NaN, b: Number.POSITIVE_INFINITY, c: -0 }],
  ["a date and what has a form of its own", { at: new Date(0), own: { toJSON: () => "x" } }],
  ["a text under the key of errors", { err: "text", a: 1 }],
  ["what is inherited", Object.assign(Object.create({ inherited: 1 }), { a: 1 })],
  ["what refers to itself", circular()],
  ["a list", [1, "b"]],
  ["a date in the place of fields", new Date(0)],
  [
    "what has a form of its own in the place of fields",
    new (class {
      a = 1;
      toJSON() {
        return { b: 2 };
      }
    })(),
  ],
  ["names that are numbers", { b: 1, 2: "two", 1: "one" }],
])("%s is written as pino writes it", (_, fields) => {
  const [theirs, ours] = bothLines(fields as object, "m");
  expect(ours).toBe(theirs);
});

test.each([
  ["a number", 5],
  ["a function", () => 1],
  ["an object", { a: 1 }],
])("a message that is %s, whatever the types say, is written as pino writes it", (_, message) => {
  const [theirs, ours] = bothLines({ a: 1 }, message as never);
  expect(ours).toBe(theirs);
});

test("tools that listen for lines hear of each", () => {
  const heard: unknown[] = [];
  const channel = tracingChannel("pino_asJson");
  const listener = {
    start: (event: unknown) => void heard.push(event),
    end() {},
    asyncStart() {},
    asyncEnd() {},
    error() {},
  };
  channel.subscribe(listener);
  onTestFinished(() => void channel.unsubscribe(listener));
  bothLines({ a: 1 }, "m");
  expect(heard).toHaveLength(2);
});
