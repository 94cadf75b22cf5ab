import { type Envelope, SPEC_VERSION } from "./envelope.ts";
import {
  CONTENT_TYPE_HEADER,
  encodeHeaderValue,
  type HeaderStyle,
  HTTP_HEADERS,
  TRACE_HEADERS,
} from "./header-style.ts";

/** The attributes of an event as headers, in CloudEvents' binary mode; its data is the body. */
export function toHeaders(envelope: Envelope, style: HeaderStyle = HTTP_HEADERS): Record<string, string> {
  const headers: Record<string, string> = { [CONTENT_TYPE_HEADER]: envelope.contentType };
  const add = (attribute: string, value: string | undefined): void => {
    if (value !== undefined) headers[style.prefix + attribute] = encodeHeaderValue(value, style);
  };
  add("specversion", SPEC_VERSION);
  add("id", envelope.id);
  add("source", envelope.source);
  add("type", envelope.type);
  add("time", new Date(envelope.timeMs).toISOString());
  add("subject", envelope.subject);
  add("partitionkey", envelope.key);
  add("dataschema", envelope.schema);
  for (const [name, value] of Object.entries(envelope.extensions)) {
    add(name, value);
    if (TRACE_HEADERS.includes(name)) headers[name] = encodeHeaderValue(value, style);
  }
  return headers;
}
