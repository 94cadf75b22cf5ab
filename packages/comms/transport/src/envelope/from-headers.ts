import { Attributes, type ExternalMessageDefaults } from "./attributes.ts";
import type { Envelope } from "./envelope.ts";
import { meaningOf } from "./header-meaning.ts";
import { decodeHeaderValue, type HeaderStyle, HTTP_HEADERS } from "./header-style.ts";
import { fromStructured, STRUCTURED_CONTENT_TYPE } from "./structured.ts";

const DEFAULT_CONTENT_TYPE = "application/json";

/**
 * Reads a message of any client: CloudEvents in binary or structured mode, or a bare body. Total: what is missing or
 * malformed is filled from `defaults`, since a message that came must be settled somehow.
 */
export function fromHeaders(
  topic: string,
  headers: Readonly<Record<string, string | undefined>>,
  data: Uint8Array,
  defaults: ExternalMessageDefaults,
  style: HeaderStyle = HTTP_HEADERS,
): Envelope {
  const list: string[] = [];
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value !== undefined) list.push(name, value);
  }
  return fromHeaderList(topic, list, data, defaults, style);
}

/** For adapters: the same from a list of each name and its value, without an object between the message and the event. */
export function fromHeaderList(
  topic: string,
  headers: readonly string[],
  data: Uint8Array,
  defaults: ExternalMessageDefaults,
  style: HeaderStyle = HTTP_HEADERS,
): Envelope {
  const attributes = new Attributes();
  let contentType: string | undefined;
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const value = headers[at + 1] as string;
    const meaning = meaningOf(headers[at] as string, style);
    if (meaning.kind === "attribute") attributes.set(meaning.attribute, decodeHeaderValue(value, style));
    else if (meaning.kind === "content-type") contentType = value;
    else if (meaning.kind === "trace" && attributes.extensions[meaning.attribute] === undefined) {
      attributes.set(meaning.attribute, decodeHeaderValue(value, style));
    }
  }
  if (contentType?.startsWith(STRUCTURED_CONTENT_TYPE)) {
    const event = fromStructured(data);
    if (event) {
      const type = event.attributes.contentType ?? DEFAULT_CONTENT_TYPE;
      return event.attributes.toEnvelope(topic, type, event.data, defaults);
    }
  }
  return attributes.toEnvelope(topic, contentType ?? DEFAULT_CONTENT_TYPE, data, defaults);
}
