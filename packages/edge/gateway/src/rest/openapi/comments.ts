import { fromBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";

/** The comment of a message, field, enum, value, service or method, by its full name. */
export type Comments = ReadonlyMap<string, string>;

/** Field numbers of descriptor.proto, which source locations are made of. */
const FILE = { message: 4, enum: 5, service: 6 } as const;
const MESSAGE = { field: 2, nested: 3, enum: 4 } as const;
const MEMBER = 2;

/** Reads the comments of a serialized FileDescriptorSet; without source info there are none. */
export function readComments(descriptors: Uint8Array | undefined): Comments {
  const comments = new Map<string, string>();
  if (!descriptors) return comments;
  for (const file of fromBinary(FileDescriptorSetSchema, descriptors).file) readFile(file, comments);
  return comments;
}

function readFile(file: FileDescriptorProto, comments: Map<string, string>): void {
  const texts = new Map<string, string>();
  for (const { path, leadingComments } of file.sourceCodeInfo?.location ?? []) {
    const text = clean(leadingComments);
    if (text) texts.set(path.join("."), text);
  }
  const note = (name: string, path: readonly number[]): void => {
    const text = texts.get(path.join("."));
    if (text) comments.set(name, text);
  };
  const noteEnum = (desc: EnumDescriptorProto, scope: string, path: readonly number[]): void => {
    const name = join(scope, desc.name);
    note(name, path);
    for (const [at, value] of desc.value.entries()) note(`${name}.${value.name}`, [...path, MEMBER, at]);
  };
  const noteMessage = (desc: DescriptorProto, scope: string, path: readonly number[]): void => {
    const name = join(scope, desc.name);
    note(name, path);
    for (const [at, field] of desc.field.entries()) note(`${name}.${field.name}`, [...path, MESSAGE.field, at]);
    for (const [at, nested] of desc.nestedType.entries()) noteMessage(nested, name, [...path, MESSAGE.nested, at]);
    for (const [at, nested] of desc.enumType.entries()) noteEnum(nested, name, [...path, MESSAGE.enum, at]);
  };

  for (const [at, desc] of file.messageType.entries()) noteMessage(desc, file.package, [FILE.message, at]);
  for (const [at, desc] of file.enumType.entries()) noteEnum(desc, file.package, [FILE.enum, at]);
  for (const [at, service] of file.service.entries()) {
    const name = join(file.package, service.name);
    note(name, [FILE.service, at]);
    for (const [index, method] of service.method.entries()) {
      note(`${name}.${method.name}`, [FILE.service, at, MEMBER, index]);
    }
  }
}

function join(scope: string, name: string): string {
  return scope ? `${scope}.${name}` : name;
}

/** Without the space after `//`, and without instructions to tools. */
function clean(comment: string): string {
  return comment
    .split("\n")
    .map((line) => line.replace(/^ /, ""))
    .filter((line) => !/^\s*(?:buf:lint|@ignore)/.test(line))
    .join("\n")
    .trim();
}
