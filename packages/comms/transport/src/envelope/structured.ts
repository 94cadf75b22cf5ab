import { base64Decode } from "@bufbuild/protobuf/wire";
import { Attributes } from "./attributes.ts";

/** Of the whole message, where attributes stand beside the data in one JSON object. A charset may follow. */
export const STRUCTURED_CONTENT_TYPE = "application/cloudevents+json";

/**
 * An event in structured mode; undefined if it is not one.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
export function fromStructured(body: Uint8Array): { attributes: Attributes; data: Uint8Array } | undefined {
  try {
    const event: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    if (typeof event !== "object" || event === null || Array.isArray(event)) return undefined;
    const { data, data_base64: base64, ...rest } = event as Record<string, unknown>;
    const attributes = new Attributes();
    for (const [name, value] of Object.entries(rest)) {
      if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
        attributes.set(name, String(value));
      }
    }
    if (typeof base64 === "string") return { attributes, data: base64Decode(base64) };
    return { attributes, data: data === undefined ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(data)) };
  } catch {
    return undefined;
  }
}
