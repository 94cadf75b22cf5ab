import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";

/** A request: its head, and its content while that comes. */
export interface HttpRequest {
  /** Case counts (RFC 9110 section 9.1). */
  readonly method: string;
  /** The target as it was sent: mostly a path and its query (RFC 9112 section 3.2). */
  readonly url: string;
  /** By their names in lower case, in the shape that `node:http` gives them. Requests of one connection may share them. */
  readonly headers: Readonly<IncomingHttpHeaders>;
  /** The address at the other end of the connection. */
  readonly remoteAddress: string | undefined;
  /** The content; undefined where none was announced, as for most requests. Need not be read to its end. */
  readonly body: Readable | undefined;
}
