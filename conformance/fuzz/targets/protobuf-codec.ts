import assert from "node:assert/strict";
import { create, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, StructSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { messageCodecOf } from "@parley/protobuf";
import { SimpleRequestSchema, StreamingOutputCallRequestSchema } from "../../gen/grpc/testing/messages_pb.ts";
import type { FuzzTarget } from "../fuzz-target.ts";
import { mutateOneOf } from "../mutate.ts";

const SEEDS: readonly Buffer[] = [
  toBinary(TimestampSchema, create(TimestampSchema, { seconds: -62_135_596_800n, nanos: 999_999_999 })),
  toBinary(
    SimpleRequestSchema,
    create(SimpleRequestSchema, {
      responseSize: 300,
      payload: { body: new Uint8Array(40) },
      responseStatus: { code: 5, message: "no such thing, schön 😀" },
    }),
  ),
  toBinary(
    StreamingOutputCallRequestSchema,
    create(StreamingOutputCallRequestSchema, {
      responseParameters: [{ size: 1, intervalUs: -1 }, { size: 70_000 }, {}],
      payload: { body: new Uint8Array(3) },
    }),
  ),
  toBinary(FileDescriptorProtoSchema, SimpleRequestSchema.file.proto),
].map((bytes) => Buffer.from(bytes.subarray(0, 4_096)));

const SCHEMAS: readonly DescMessage[] = [
  TimestampSchema,
  SimpleRequestSchema,
  StreamingOutputCallRequestSchema,
  StructSchema,
];

function outcome(read: () => unknown): unknown {
  try {
    return { message: read() };
  } catch (error) {
    return { error: String(error) };
  }
}

/** Any octets are the message, or the failure, that protobuf-es makes of them; what was read is written the same. */
export const protobufCodec: FuzzTarget = {
  name: "protobuf-codec",
  input: (dice) => mutateOneOf(SEEDS, dice),
  run(input, dice) {
    const schema = dice.pick(SCHEMAS);
    const octets = new Uint8Array(input);
    const codec = messageCodecOf(schema);
    const expected = outcome(() => fromBinary(schema, octets));
    assert.deepStrictEqual(
      outcome(() => codec.decode(octets)),
      expected,
    );
    const { message } = expected as { message?: ReturnType<typeof codec.decode> };
    if (message) assert.deepEqual(Buffer.from(codec.encode(message)), Buffer.from(toBinary(schema, message)));
  },
};
