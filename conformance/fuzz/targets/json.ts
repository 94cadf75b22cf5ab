import assert from "node:assert/strict";
import { createRegistry, type DescMessage, fromBinary, fromJson, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, StructSchema, TypeSchema } from "@bufbuild/protobuf/wkt";
import { isParleyError } from "@parley/core";
import { JsonReader } from "../../../packages/base/protobuf/src/json/json-reader.ts";
import { resolveJsonStyle } from "../../../packages/base/protobuf/src/json/json-style.ts";
import { createMessageReaders } from "../../../packages/base/protobuf/src/json/message-reader.ts";
import { StreamingOutputCallRequestSchema } from "../../gen/grpc/testing/messages_pb.ts";
import type { FuzzTarget } from "../fuzz-target.ts";
import { mutateOneOf } from "../mutate.ts";

const SEEDS = [
  '{"responseType":"COMPRESSABLE","responseParameters":[{"size":1,"intervalUs":"2"},{}],"payload":{"body":"AAEC"}}',
  '{"name":"a","fields":[{"kind":"TYPE_INT64","number":-1.0e1,"jsonName":"\\u00e9\\n"}],"syntax":1,"oneofs":["b"]}',
  '{"name":"x.proto","messageType":[{"name":"A","options":{"mapEntry":true},"nestedType":[{}]}],"weakDependency":[0]}',
  ' { "a" : [ 1 , -0 , 1.5e-3 , true , null , "\\ud83d\\ude00" , { "__proto__" : { } } ] } ',
  "[[[[[[[[1e400]]]]]]]]",
].map((text) => Buffer.from(text));

function isRefused(error: unknown): boolean {
  return isParleyError(error) && error.code === "INVALID_ARGUMENT";
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/**
 * What our reader takes `JSON.parse` takes, and reads the same from it; what ours calls malformed `JSON.parse` refuses.
 * Ours refuses more by other names: a key given twice, a depth over its limit, a number that no double holds.
 */
export const jsonValues: FuzzTarget = {
  name: "json-values",
  input: (dice) => mutateOneOf(SEEDS, dice),
  run(input) {
    const text = input.toString("utf8");
    const theirs = parsed(text);
    try {
      const reader = new JsonReader(text);
      const ours = reader.readValue();
      reader.readEnd();
      assert.ok(theirs, `taken, though it is no JSON: ${text}`);
      assert.equal(JSON.stringify(ours), JSON.stringify(theirs.value));
    } catch (error) {
      if (!isRefused(error)) throw error;
      const isMalformed = (error as Error).message.includes("malformed JSON");
      assert.ok(!isMalformed || !theirs, `malformed, though it is JSON: ${text}`);
    }
  },
};

const registry = createRegistry(TypeSchema);
const readers = createMessageReaders(resolveJsonStyle(), registry);
const SCHEMAS: readonly DescMessage[] = [
  StreamingOutputCallRequestSchema,
  TypeSchema,
  FileDescriptorProtoSchema,
  StructSchema,
];

/** A body becomes a message that can be written and read again, or is refused by name. What we take, protobuf-es takes. */
export const jsonMessages: FuzzTarget = {
  name: "json-messages",
  input: (dice) => mutateOneOf(SEEDS, dice),
  run(input, dice) {
    const text = input.toString("utf8");
    const schema = dice.pick(SCHEMAS);
    try {
      const reader = new JsonReader(text);
      const message = readers.message(schema)(reader);
      reader.readEnd();
      const bytes = toBinary(schema, message);
      assert.deepEqual(toBinary(schema, fromBinary(schema, bytes)), bytes);
      assert.deepEqual(toBinary(schema, fromJson(schema, JSON.parse(text), { registry })), bytes);
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
  },
};
