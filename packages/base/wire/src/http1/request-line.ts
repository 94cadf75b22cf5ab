import { EdgeError } from "./edge-error.ts";
import { isToken } from "./field-text.ts";
import { malformed } from "./malformed.ts";

/** RFC 9112 section 3. */
export interface RequestLine {
  readonly method: string;
  readonly target: string;
  /** The minor version of HTTP/1: what a client of 1.0 does not know is not sent to it. */
  readonly minor: 0 | 1;
}

/**
 * Section 3.2: a path with its query, a whole URL, or `*`, in visible ASCII (RFC 3986 section 2). The authority form is for
 * CONNECT alone, which is for proxies.
 */
const TARGET = /^(?:\/|https?:\/\/[\w.~%:[\]-]+(?=[/?]|$)|\*$)[\x21-\x7e]*$/i;

/**
 * Reads a request line, given without its line end. One space between its parts and no others (section 3 lets a recipient be lenient;
 * section 11.2 says what comes of that).
 *
 * @throws EdgeError 400, or 505 for another major version.
 */
export function parseRequestLine(line: string): RequestLine {
  const first = line.indexOf(" ");
  const second = line.indexOf(" ", first + 1);
  const method = line.slice(0, first);
  const target = line.slice(first + 1, second);
  if (first < 0 || second < 0 || !isToken(method)) throw malformed("the request line is not 'method target version'");
  if (!TARGET.test(target))
    throw malformed("the target is neither a path, nor a URL of HTTP, nor '*', in visible ASCII");
  return { method, target, minor: minorVersion(line.slice(second + 1)) };
}

function minorVersion(version: string): 0 | 1 {
  if (version === "HTTP/1.1") return 1;
  if (version === "HTTP/1.0") return 0;
  // Section 2.3: a higher minor version is answered as the highest that is known.
  if (/^HTTP\/1\.\d$/.test(version)) return 1;
  if (/^HTTP\/\d\.\d$/.test(version)) {
    throw new EdgeError(505, "MALFORMED_REQUEST", `${version} is not spoken here: use HTTP/1.1`);
  }
  throw malformed("the request line does not end with a version");
}
