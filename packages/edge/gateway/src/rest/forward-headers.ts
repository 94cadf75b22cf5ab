import type { IncomingHttpHeaders } from "node:http";
import { Metadata } from "@parley/core";
import { isFieldText, trimFieldText } from "@parley/core/internal";
import { malformed } from "@parley/wire/internal/http1";
import type { ForwardedHeaders } from "../options.ts";

/**
 * Metadata of a call from the headers that may pass.
 * @throws EdgeError 400 for a value that cannot travel as metadata: without it the call would be another one.
 */
export function metadataOf(headers: IncomingHttpHeaders, { request }: ForwardedHeaders): Metadata {
  const metadata = new Metadata();
  for (const name of request) {
    const value = headers[name];
    if (value === undefined) continue;
    const text = trimFieldText(withoutEmptyLines(typeof value === "string" ? value : value.join(SEPARATOR)));
    if (!isFieldText(text)) throw malformed(`the value of ${name} must be printable ASCII`);
    metadata.set(name, text);
  }
  return metadata;
}

/** What stands between the values of several lines of one header, once they are one (RFC 9110 section 5.3). */
const SEPARATOR = ", ";

/**
 * Without what lines that had no value have left at either end. A value itself never ends with a blank, and an empty element of
 * a list says nothing (section 5.6.1.2); HTTP/2 refuses the blank.
 */
function withoutEmptyLines(joined: string): string {
  let text = joined;
  while (text.endsWith(SEPARATOR)) text = text.slice(0, -SEPARATOR.length);
  while (text.startsWith(SEPARATOR)) text = text.slice(SEPARATOR.length);
  return text;
}

/** Headers from the response metadata that may pass. */
export function forwardedMetadata(header: Metadata, { response }: ForwardedHeaders): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of response) {
    // All of its values, as one list (RFC 9110 section 5.3).
    if (header.has(name)) headers[name] = header.getAll(name).join(SEPARATOR);
  }
  return headers;
}
