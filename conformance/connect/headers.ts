import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Metadata, MetadataValue } from "@parley/core";
import type { Header, HeaderSchema } from "../gen/connectrpc/conformance/v1/service_pb.ts";

/** Metadata as the suite describes it. */
export function headersOf(metadata: Metadata): MessageInitShape<typeof HeaderSchema>[] {
  const names = new Set([...metadata].map(([name]) => name));
  return [...names].map((name) => ({ name, value: metadata.getAll(name).map(toText) }));
}

/** Adds what the suite describes to metadata. */
export function appendHeaders(headers: readonly Header[], metadata: Metadata): Metadata {
  for (const { name, value } of headers) {
    const key = name.toLowerCase();
    for (const text of value) metadata.append(key, key.endsWith("-bin") ? Buffer.from(text, "base64") : text);
  }
  return metadata;
}

function toText(value: MetadataValue): string {
  return typeof value === "string" ? value : Buffer.from(value).toString("base64").replace(/=+$/, "");
}
