import { create, createFileRegistry, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  file_google_protobuf_struct,
  file_google_protobuf_wrappers,
} from "@bufbuild/protobuf/wkt";

const { OPTIONAL, REPEATED } = FieldDescriptorProto_Label;
const SCALARS = Object.values(ScalarType).filter((it) => typeof it === "number");
const NAME = "codec.test.Every";

interface FieldInit {
  readonly name: string;
  readonly type: number;
  readonly typeName?: string;
  readonly repeated?: boolean;
  readonly packed?: boolean;
  readonly optional?: boolean;
  readonly oneof?: boolean;
  readonly longAsString?: boolean;
}

/**
 * A message with a field of every kind that there is, and its own kind among them; with `"simple"` those alone whose value is
 * kept as it is given: no oneof, map, wrapper, struct, or list of octets.
 */
export function everyField(syntax: "proto2" | "proto3", kinds: "all" | "simple" = "all"): DescMessage {
  const { MESSAGE, ENUM, INT64 } = FieldDescriptorProto_Type;
  const scalars: FieldInit[] = SCALARS.flatMap((type) => [
    { name: `s${type}`, type },
    { name: `o${type}`, type, optional: true },
    { name: `r${type}`, type, repeated: true },
    { name: `u${type}`, type, repeated: true, packed: false },
    { name: `c${type}`, type, oneof: true },
  ]);
  const others: FieldInit[] = [
    { name: "kind", type: ENUM, typeName: ".codec.test.Kind" },
    { name: "kinds", type: ENUM, typeName: ".codec.test.Kind", repeated: true },
    { name: "kind_case", type: ENUM, typeName: ".codec.test.Kind", oneof: true },
    { name: "self", type: MESSAGE, typeName: `.${NAME}` },
    { name: "selves", type: MESSAGE, typeName: `.${NAME}`, repeated: true },
    { name: "self_case", type: MESSAGE, typeName: `.${NAME}`, oneof: true },
    { name: "wrapped", type: MESSAGE, typeName: ".google.protobuf.StringValue" },
    { name: "wrapped_list", type: MESSAGE, typeName: ".google.protobuf.Int32Value", repeated: true },
    { name: "free", type: MESSAGE, typeName: ".google.protobuf.Struct" },
    { name: "value", type: MESSAGE, typeName: ".google.protobuf.Value" },
    { name: "long_text", type: INT64, longAsString: true },
    { name: "by_name", type: MESSAGE, typeName: `.${NAME}.ByNameEntry`, repeated: true },
  ];
  const isSimple = ({ type, typeName, oneof, repeated }: FieldInit): boolean =>
    !oneof &&
    !(repeated && type === FieldDescriptorProto_Type.BYTES) &&
    (typeName === undefined || typeName === ".codec.test.Kind" || typeName === `.${NAME}`);
  const fields = [...scalars, ...others].filter((field) => kinds === "all" || isSimple(field));
  const optional = fields.filter((it) => it.optional);
  const file = create(FileDescriptorProtoSchema, {
    name: "codec/test.proto",
    package: "codec.test",
    syntax,
    dependency: ["google/protobuf/struct.proto", "google/protobuf/wrappers.proto"],
    enumType: [{ name: "Kind", value: [0, 1, -5].map((number, at) => ({ name: `KIND_${at}`, number })) }],
    messageType: [
      {
        name: "Every",
        oneofDecl: [
          { name: "choice" },
          ...(syntax === "proto3" ? optional.map(({ name }) => ({ name: `_${name}` })) : []),
        ],
        field: fields.map((field, at) => ({
          name: field.name,
          // Scattered, so that tags are of one octet and of two and out of order.
          number: 1 + ((at * 37) % 199),
          type: field.type,
          label: field.repeated ? REPEATED : OPTIONAL,
          ...(field.typeName && { typeName: field.typeName }),
          ...(field.oneof && { oneofIndex: 0 }),
          ...(field.optional &&
            syntax === "proto3" && { proto3Optional: true, oneofIndex: 1 + optional.indexOf(field) }),
          options: {
            ...(field.packed === false && { packed: false }),
            ...(field.longAsString && { jstype: 1 }),
          },
        })),
        nestedType: [
          {
            name: "ByNameEntry",
            options: { mapEntry: true },
            field: [
              { name: "key", number: 1, type: FieldDescriptorProto_Type.STRING, label: OPTIONAL },
              { name: "value", number: 2, type: FieldDescriptorProto_Type.INT32, label: OPTIONAL },
            ],
          },
        ],
      },
    ],
  });
  const set = create(FileDescriptorSetSchema, {
    file: [file_google_protobuf_struct.proto, file_google_protobuf_wrappers.proto, file],
  });
  const message = createFileRegistry(set).getMessage(NAME);
  if (!message) throw new Error("the test's own message is missing");
  return message;
}
