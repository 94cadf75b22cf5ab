import type { IncomingHttpHeaders } from "node:http";
import { type ContentFraming, contentFraming } from "./content-framing.ts";
import { isFieldValue, isHost, isToken } from "./field-text.ts";
import { malformed } from "./malformed.ts";

/** The fields of a request's head, and what they say of message and connection. */
export interface FieldSection {
  readonly headers: Readonly<IncomingHttpHeaders>;
  readonly framing: ContentFraming;
  /** The options of `Connection`, in lower case. */
  readonly connection: readonly string[];
  /** The client waits for a 100 before it sends content (RFC 9110 section 10.1.1). */
  readonly expectsContinue: boolean;
}

/** Fields of one value: of several the first counts, as with `node:http`. */
const SINGLE: ReadonlySet<string> = new Set([
  ...["age", "authorization", "content-type", "etag", "expires", "from", "if-modified-since", "if-unmodified-since"],
  ...[
    "last-modified",
    "location",
    "max-forwards",
    "proxy-authorization",
    "referer",
    "retry-after",
    "server",
    "user-agent",
  ],
]);

/** Fields that decide where a message ends or whom it is for: two of them are an attack or a broken client. */
const UNIQUE: ReadonlySet<string> = new Set(["content-length", "host", "transfer-encoding"]);

/**
 * Reads field lines (RFC 9112 section 5), each ended by CRLF. Lines are not unfolded (section 5.2).
 *
 * @throws EdgeError 400 for what is no field, or says two things of one message.
 */
export function parseFieldSection(text: string): FieldSection {
  const headers = Object.create(null) as Record<string, string>;
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf("\r\n", at);
    const { name, value } = parseFieldLine(text.slice(at, end));
    headers[name] = combine(name, headers[name], value);
    at = end + 2;
  }
  if (headers.host !== undefined && !isHost(headers.host)) throw malformed("host is not a name or address with a port");
  return {
    headers,
    framing: contentFraming(headers),
    connection: options(headers.connection),
    expectsContinue: headers.expect?.toLowerCase() === "100-continue",
  };
}

/**
 * One field line, without its end; the name comes in lower case.
 *
 * @throws EdgeError 400.
 */
export function parseFieldLine(line: string): { readonly name: string; readonly value: string } {
  const colon = line.indexOf(":");
  const name = line.slice(0, colon).toLowerCase();
  // A space before the colon is part of the name here, and no token (section 5.1).
  if (colon < 0 || !isToken(name)) throw malformed("a header has no valid name");
  const value = trimmed(line, colon + 1);
  if (!isFieldValue(value)) throw malformed(`the value of ${shown(name)} has a character that may not be in it`);
  // Section 5.6.3 of RFC 9110 allows it, and yet not every parser takes what stands before it for `chunked`.
  if (name === "transfer-encoding" && line.includes("\t")) throw malformed("transfer-encoding has a tab");
  return { name, value };
}

/** RFC 9110 section 5.3; cookies are parted by semicolons (RFC 6265 section 5.4). */
function combine(name: string, before: string | undefined, value: string): string {
  if (before === undefined) return value;
  if (UNIQUE.has(name)) throw malformed(`${name} is there twice`);
  if (SINGLE.has(name)) return before;
  return `${before}${name === "cookie" ? "; " : ", "}${value}`;
}

/** Without the spaces and tabs around it (RFC 9110 section 5.6.3). By bytes: a pattern would try each run of spaces anew. */
function trimmed(text: string, from: number): string {
  let start = from;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function options(connection: string | undefined): readonly string[] {
  return connection === undefined ? [] : connection.toLowerCase().split(/[\t ]*,[\t ]*/);
}

function shown(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}…` : name;
}
