import {
  type DescExtension,
  type DescField,
  type DescMessage,
  getExtension,
  type Message,
  type Registry,
  setExtension,
} from "@bufbuild/protobuf";

import type { JsonReader } from "./json-reader.ts";

/** Whether a type leaves field numbers to others (proto2): only then its messages may hold extensions. */
export function mayBeExtended(desc: DescMessage): boolean {
  return desc.proto.extensionRange.length > 0;
}

/** The extension that a member of JSON names: `[pkg.name]`. Undefined for any other name, and for one of another type. */
export function findExtension(desc: DescMessage, name: string, registry: Registry): DescExtension | undefined {
  if (!name.startsWith("[") || !name.endsWith("]")) return undefined;
  const extension = registry.getExtension(name.slice(1, -1));
  return extension?.extendee.typeName === desc.typeName ? extension : undefined;
}

/** An extension as a field of the message that it extends. */
export function asField(extension: DescExtension): DescField {
  const { extendee: parent, typeName, name } = extension;
  return {
    ...extension,
    kind: "field",
    parent,
    localName: typeName,
    name: `[${typeName}]`,
    jsonName: name,
  } as DescField;
}

export function assignExtension(json: JsonReader, message: Message, extension: DescExtension, value: unknown): void {
  try {
    setExtension(message, extension, value as never);
  } catch {
    json.refuse("must have all fields that its type requires"); // it is encoded at once, and nothing else can fail in that
  }
}

/** The extensions that are set on a message, as far as the registry knows them, with their values, in the order of their numbers. */
export function* extensionsOf(
  message: Message,
  desc: DescMessage,
  registry: Registry,
): Iterable<readonly [extension: DescExtension, value: unknown]> {
  const numbers = new Set(message.$unknown?.map(({ no }) => no));
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const extension = registry.getExtensionFor(desc, number);
    if (extension) yield [extension, getExtension(message, extension)];
  }
}
