import { readFileSync } from "node:fs";
import { createFileRegistry, type DescService, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { httpBindingsOf } from "@parley/protobuf";

/** The services of a system that have HTTP rules, from its compiled contracts: `orders/gen`. */
export function systemServices(generated: string): readonly DescService[] {
  const bytes = readFileSync(new URL(`../../../../../systems/${generated}/descriptors.binpb`, import.meta.url));
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
  const services = [...registry].filter((type) => type.kind === "service");
  return services.filter(({ methods }) => methods.some((method) => httpBindingsOf(method).length > 0));
}
