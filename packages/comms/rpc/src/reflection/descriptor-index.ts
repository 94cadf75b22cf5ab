import { type DescFile, type DescService, toBinary } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { file_google_rpc_error_details } from "../gen/google/rpc/error_details_pb.ts";

/** Finds the files that describe a set of services, in the ways that reflection asks for them. */
export interface DescriptorIndex {
  fileNamed(name: string): DescFile | undefined;
  /** The file that defines a service, method, message, field, enum, enum value or extension. */
  fileDefining(symbol: string): DescFile | undefined;
  fileExtending(message: string, fieldNumber: number): DescFile | undefined;
  /** The numbers of the known extensions of a message; undefined if the message is not known. */
  extensionNumbers(message: string): readonly number[] | undefined;
}

/**
 * Covers the services' own files and all that those import, directly or not, and the details that errors carry, so that
 * a tool can show them.
 */
export function createDescriptorIndex(services: readonly DescService[]): DescriptorIndex {
  const files = withDependencies([...services.map(({ file }) => file), file_google_rpc_error_details]);
  const byName = new Map(files.map((file) => [`${file.name}.proto`, file]));
  const bySymbol = new Map(files.flatMap((file) => symbolsOf(file).map((symbol) => [symbol, file] as const)));
  const extensions = new Map<string, Map<number, DescFile>>();
  for (const file of files) {
    for (const type of nestedTypes(file)) {
      if (type.kind !== "extension") continue;
      const known = extensions.get(type.extendee.typeName) ?? new Map<number, DescFile>();
      extensions.set(type.extendee.typeName, known.set(type.number, file));
    }
  }
  return {
    fileNamed: (name) => byName.get(name),
    fileDefining: (symbol) => bySymbol.get(symbol),
    fileExtending: (message, fieldNumber) => extensions.get(message)?.get(fieldNumber),
    extensionNumbers: (message) =>
      bySymbol.has(message) ? [...(extensions.get(message)?.keys() ?? [])].sort((a, b) => a - b) : undefined,
  };
}

/** Files and everything they import, each once, a file before what it imports. */
export function withDependencies(files: readonly DescFile[]): readonly DescFile[] {
  const found = new Set(files);
  // A set that grows while it is walked is walked to its new end.
  for (const file of found) for (const dependency of file.dependencies) found.add(dependency);
  return [...found];
}

/** A file as reflection sends it. */
export function encodeFile(file: DescFile): Uint8Array {
  return toBinary(FileDescriptorProtoSchema, file.proto);
}

function symbolsOf(file: DescFile): readonly string[] {
  return [...nestedTypes(file)].flatMap((type) => {
    switch (type.kind) {
      case "service":
        return [type.typeName, ...type.methods.map(({ name }) => `${type.typeName}.${name}`)];
      case "message":
        return [type.typeName, ...type.members.map(({ name }) => `${type.typeName}.${name}`)];
      case "enum": {
        // The scope of an enum's values is the one that holds the enum.
        const scope = type.typeName.slice(0, type.typeName.lastIndexOf(".") + 1);
        return [type.typeName, ...type.values.map(({ name }) => scope + name)];
      }
      case "extension":
        return [type.typeName];
      default:
        return type satisfies never;
    }
  });
}
