import type { Envelope } from "./envelope.ts";
import { meaningOf } from "./header-meaning.ts";
import { decodeHeaderValue, type HeaderStyle, HTTP_HEADERS } from "./header-style.ts";
import { fromStructured, STRUCTURED_CONTENT_TYPE } from "./structured.ts";

/** What stands in where a message says nothing: plain clients of a broker publish bare bodies. */
export interface ForeignDefaults {
  /** The name of the transport, for the source `foreign:<transport>`. */
  readonly transport: string;
  /** The same at each delivery, so that repeats are known: the message's place at the broker, such as `stream/17`. */
  readonly id: string;
  readonly receivedAtMs: number;
  readonly key?: string | undefined;
}

/** The attributes of an envelope as text, by their names in the specification. */
export type AttributeTexts = ReadonlyMap<string, string>;

const DEFAULT_CONTENT_TYPE = "application/json";
const EXTENSION_NAME = /^[a-z0-9]+$/;
const CORE = new Set([
  "specversion",
  "id",
  "source",
  "type",
  "time",
  "subject",
  "partitionkey",
  "dataschema",
  "datacontenttype",
]);

/**
 * Reads a message of any client: CloudEvents in binary or structured mode, or a bare body. Total: what is missing or
 * malformed is filled from `defaults`, since a message that came must be settled somehow.
 */
export function fromHeaders(
  topic: string,
  headers: Readonly<Record<string, string | undefined>>,
  data: Uint8Array,
  defaults: ForeignDefaults,
  style: HeaderStyle = HTTP_HEADERS,
): Envelope {
  const { contentType, attributes } = readHeaders(headers, style);
  if (contentType?.startsWith(STRUCTURED_CONTENT_TYPE)) {
    const event = fromStructured(data);
    if (event) {
      const type = event.attributes.get("datacontenttype") ?? DEFAULT_CONTENT_TYPE;
      return toEnvelope(topic, event.attributes, event.data, type, defaults);
    }
  }
  return toEnvelope(topic, attributes, data, contentType ?? DEFAULT_CONTENT_TYPE, defaults);
}

function readHeaders(headers: Readonly<Record<string, string | undefined>>, style: HeaderStyle) {
  const attributes = new Map<string, string>();
  let contentType: string | undefined;
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value === undefined) continue;
    const meaning = meaningOf(name, style);
    if (meaning.kind === "attribute") attributes.set(meaning.attribute, decodeHeaderValue(value, style));
    else if (meaning.kind === "content-type") contentType = value;
    else if (meaning.kind === "trace" && !attributes.has(meaning.attribute)) {
      attributes.set(meaning.attribute, decodeHeaderValue(value, style));
    }
  }
  return { contentType, attributes };
}

function toEnvelope(
  topic: string,
  attributes: AttributeTexts,
  data: Uint8Array,
  contentType: string,
  defaults: ForeignDefaults,
): Envelope {
  const timeMs = Date.parse(attributes.get("time") ?? "");
  const extensions: Record<string, string> = {};
  for (const [name, value] of attributes) {
    if (!CORE.has(name) && EXTENSION_NAME.test(name)) extensions[name] = value;
  }
  return {
    id: attributes.get("id") || defaults.id,
    source: attributes.get("source") || `foreign:${defaults.transport}`,
    type: attributes.get("type") || topic,
    timeMs: Number.isNaN(timeMs) ? defaults.receivedAtMs : timeMs,
    subject: attributes.get("subject"),
    key: attributes.get("partitionkey") ?? defaults.key,
    contentType,
    schema: attributes.get("dataschema"),
    extensions,
    data,
  };
}
