import { type Envelope, SPEC_VERSION } from "./envelope.ts";
import {
  CONTENT_TYPE_HEADER,
  encodeHeaderValue,
  type HeaderStyle,
  HTTP_HEADERS,
  TRACE_HEADERS,
} from "./header-style.ts";
import { rememberByName } from "./remember-by-name.ts";

/** The name of an attribute's header. */
const nameOf = rememberByName((attribute, { prefix }) => prefix + attribute);

/** The attributes of an event as headers, in CloudEvents' binary mode; its data is the body. */
export function toHeaders(envelope: Envelope, style: HeaderStyle = HTTP_HEADERS): Record<string, string> {
  const list = toHeaderList(envelope, style);
  const headers: Record<string, string> = {};
  for (let at = 0; at < list.length; at += 2) headers[list[at] as string] = list[at + 1] as string;
  return headers;
}

/** For adapters: the same as a list of each name and its value, without an object between the event and the message. */
export function toHeaderList(envelope: Envelope, style: HeaderStyle = HTTP_HEADERS): string[] {
  const headers = [CONTENT_TYPE_HEADER, envelope.contentType];
  const add = (attribute: string, value: string | undefined): void => {
    if (value !== undefined) headers.push(nameOf(attribute, style), encodeHeaderValue(value, style));
  };
  add("specversion", SPEC_VERSION);
  add("id", envelope.id);
  add("source", envelope.source);
  add("type", envelope.type);
  add("time", new Date(envelope.timeMs).toISOString());
  add("subject", envelope.subject);
  add("partitionkey", envelope.key);
  add("dataschema", envelope.schema);
  for (const name of Object.keys(envelope.extensions)) {
    const value = envelope.extensions[name] as string;
    add(name, value);
    if (TRACE_HEADERS.includes(name)) headers.push(name, encodeHeaderValue(value, style));
  }
  return headers;
}
