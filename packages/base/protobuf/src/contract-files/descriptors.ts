import { createFileRegistry, type DescService, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/** The registry of a compiled set of contracts. */
export function readDescriptors(bytes: Uint8Array): FileRegistry {
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
}

/** The services of a registry, by full name. */
export function servicesIn(registry: FileRegistry): readonly DescService[] {
  return [...registry].filter((type) => type.kind === "service").sort((a, b) => (a.typeName < b.typeName ? -1 : 1));
}
