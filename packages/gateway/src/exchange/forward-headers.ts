import type { IncomingHttpHeaders } from "node:http";
import { Metadata } from "@parley/core";
import type { ForwardedHeaders } from "../options.ts";
import type { Answer } from "./answer.ts";

/** Metadata of a call from the headers that may pass. A value that may not travel as metadata is left out. */
export function metadataOf(headers: IncomingHttpHeaders, { request }: ForwardedHeaders): Metadata {
  const metadata = new Metadata();
  for (const name of request) {
    const value = headers[name];
    if (typeof value === "string" && /^[\x20-\x7e]*$/.test(value)) metadata.set(name, value);
  }
  return metadata;
}

/** Puts the response metadata that may pass on the answer. */
export function forwardMetadata(header: Metadata, answer: Answer, { response }: ForwardedHeaders): void {
  for (const name of response) {
    const value = header.get(name);
    if (value !== undefined) answer.header(name, value);
  }
}
