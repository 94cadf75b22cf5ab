import { createRegistry, type DescFile, type Registry } from "@bufbuild/protobuf";
import {
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
} from "@bufbuild/protobuf/wkt";

/** What a `google.protobuf.Any` may hold whether a contract imports it or not. */
const WELL_KNOWN_FILES: readonly DescFile[] = [
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
];

/** All that contracts know by name: the types and extensions of these files, of all that they import, and the well-known types. */
export function contractRegistry(files: Iterable<DescFile>): Registry {
  const all = new Set<DescFile>(WELL_KNOWN_FILES);
  const add = (file: DescFile): void => {
    if (all.has(file)) return;
    for (const imported of file.dependencies) add(imported);
    all.add(file);
  };
  for (const file of files) add(file);
  return createRegistry(...all);
}
