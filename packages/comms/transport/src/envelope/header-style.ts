/** How a protocol binding writes attributes into headers. */
export interface HeaderStyle {
  /** Before each attribute's name. */
  readonly prefix: string;
  /** Other prefixes that are understood, because other libraries write them. */
  readonly alsoReads: readonly string[];
  /** `percent`: only printable ASCII may stand in a header; `utf8`: values go as they are. */
  readonly encoding: "percent" | "utf8";
}

/**
 * HTTP, and NATS which follows it; also used where no binding exists.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md (3.1.3.2)
 */
export const HTTP_HEADERS: HeaderStyle = { prefix: "ce-", alsoReads: [], encoding: "percent" };

/** @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/amqp-protocol-binding.md (3.1.3.1) */
export const AMQP_HEADERS: HeaderStyle = { prefix: "cloudEvents:", alsoReads: ["cloudEvents_"], encoding: "utf8" };

/** @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md (3.2.3.1) */
export const KAFKA_HEADERS: HeaderStyle = { prefix: "ce_", alsoReads: [], encoding: "utf8" };

/** Beside the attributes, and without a prefix: how every binding names the type of the data. */
export const CONTENT_TYPE_HEADER = "content-type";

/** The W3C trace headers also go without a prefix, so that tools which know nothing of CloudEvents see the trace. */
export const TRACE_HEADERS: readonly string[] = ["traceparent", "tracestate"];

/** Of HTTP's binding: space, `"`, `%` and whatever is not printable ASCII. */
const MUST_ESCAPE = /[^\x21\x23\x24\x26-\x7e]+/gu;
const PLAIN = /^[\x21\x23\x24\x26-\x7e]*$/;

export function encodeHeaderValue(value: string, { encoding }: HeaderStyle): string {
  if (encoding === "utf8" || PLAIN.test(value)) return value;
  return value
    .toWellFormed()
    .replace(MUST_ESCAPE, (run) =>
      Array.from(new TextEncoder().encode(run), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(
        "",
      ),
    );
}

/** A value that is not valid percent-encoding is taken as it stands. */
export function decodeHeaderValue(value: string, { encoding }: HeaderStyle): string {
  if (encoding === "utf8" || !value.includes("%")) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
