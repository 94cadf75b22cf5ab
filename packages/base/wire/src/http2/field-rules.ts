/** What a single field of a header list must be, wherever it stands (RFC 9113, section 8.2). */

/** Fields that belong to an HTTP/1.1 connection and make an HTTP/2 message malformed (section 8.2.2). */
const CONNECTION_FIELDS = new Set(["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"]);

/** Section 8.2.1: no byte that could not be in a field name, and no upper case. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const BAD_VALUE = /[\0\r\n]|^[ \t]|[ \t]$/;

/** What is wrong with the name of a field, or undefined. Where pseudo-headers may stand is a rule of lists. */
export function nameFault(name: string): string | undefined {
  if (name.startsWith(":")) return undefined;
  if (!NAME.test(name)) return `${JSON.stringify(name)} is no field name`;
  return CONNECTION_FIELDS.has(name) ? `${name} does not belong in HTTP/2` : undefined;
}

export function valueFault(name: string, value: string): string | undefined {
  if (BAD_VALUE.test(value)) return `the value of ${name} holds an byte that it may not`;
  return name === "te" && value !== "trailers" ? "te may only be trailers" : undefined;
}
