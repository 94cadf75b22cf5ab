import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { create, createFileRegistry, type DescMessage, type MessageInitShape, setExtension } from "@bufbuild/protobuf";
import {
  type DescriptorProtoSchema,
  FieldDescriptorProto_Type,
  FieldOptionsSchema,
  FileDescriptorProtoSchema,
  MessageOptionsSchema,
  OneofOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { isParleyError } from "@parley/core";
import { expect, test } from "vitest";
import { hasRules } from "../../src/contract/has-rules.ts";
import * as rules from "../../src/contract/validate-proto.ts";
import { createMessageValidators } from "../../src/contract/validation.ts";

const { MESSAGE, STRING } = FieldDescriptorProto_Type;
type MessageInit = MessageInitShape<typeof DescriptorProtoSchema>;

const text = { name: "text", number: 1, type: STRING } as const;
const holding = (typeName: string) => ({ name: "held", number: 2, type: MESSAGE, typeName });

/** The first of these messages, as a contract declares it. */
function contract(...messageType: MessageInit[]): DescMessage {
  const file = create(FileDescriptorProtoSchema, { name: "a.proto", syntax: "proto3", messageType });
  const found = createFileRegistry(file, () => undefined).getMessage(messageType[0]?.name ?? "");
  if (!found) throw new Error("the contract has no message");
  return found;
}

function required() {
  const options = create(FieldOptionsSchema);
  setExtension(options, rules.field, create(rules.FieldRulesSchema, { required: true }));
  return options;
}

function ruledMessage() {
  const options = create(MessageOptionsSchema);
  setExtension(options, rules.message, create(rules.MessageRulesSchema, { celExpression: ["this.text != ''"] }));
  return options;
}

function ruledOneof() {
  const options = create(OneofOptionsSchema);
  setExtension(options, rules.oneof, create(rules.OneofRulesSchema, { required: true }));
  return options;
}

const ruled = { name: "Ruled", field: [{ ...text, options: required() }] };

test.each<[string, DescMessage]>([
  ["on a field", contract(ruled)],
  ["on a message", contract({ name: "A", field: [text], options: ruledMessage() })],
  [
    "on a oneof",
    contract({ name: "A", field: [{ ...text, oneofIndex: 0 }], oneofDecl: [{ name: "one", options: ruledOneof() }] }),
  ],
  [
    "in a message that it holds",
    contract({ name: "A", field: [holding("B")] }, { name: "B", field: [holding("Ruled")] }, ruled),
  ],
])("a rule %s is found, and an empty message breaks it", (_where, schema) => {
  expect(hasRules(schema)).toBe(true);
  const validate = createMessageValidators()(schema);
  const held =
    schema.name === "A" && schema.field.held
      ? create(schema, { held: { held: {} } } as Record<string, unknown>)
      : create(schema);
  expect(() => validate?.(held)).toThrow(
    expect.toSatisfy((it: unknown) => isParleyError(it) && it.code === "INVALID_ARGUMENT"),
  );
});

test("a message without rules has no validator, also where it holds itself", () => {
  const schema = contract({
    name: "A",
    field: [text, holding("A")],
    options: create(MessageOptionsSchema, { deprecated: true }),
  });
  expect(hasRules(schema)).toBe(false);
  expect(createMessageValidators()(schema)).toBeUndefined();
});

test("the ES module of protovalidate is loaded, so that there is one copy of protobuf-es", async () => {
  const script = `
    const { loadProtovalidate } = await import(${JSON.stringify(new URL("../../src/contract/load-protovalidate.ts", import.meta.url))});
    const required = loadProtovalidate();
    const { createRequire } = await import("node:module");
    console.log(required.createValidator === (await import("@bufbuild/protovalidate")).createValidator,
      Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes("cjs")).length);`;
  const args = ["--conditions=@parley/source", "--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
  expect(stdout.trim()).toBe("true 0");
});
