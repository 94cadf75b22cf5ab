import type { Socket } from "node:net";
import type { EdgeError } from "./edge-error.ts";
import type { HttpRequest } from "./http-request.ts";
import type { HttpResponse } from "./http-response.ts";

/** Who gets what comes over the connections of a server. Nothing of it throws. */
export interface Http1Handler {
  request(request: HttpRequest, response: HttpResponse): void;
  /** Whether a request for another protocol gets it. It is an ordinary request if not (RFC 9110 section 7.8). */
  accepts(request: HttpRequest): boolean;
  /** Has the connection from here on. It is paused; `head` is what came after the request. */
  upgrade(request: HttpRequest, socket: Socket, head: Buffer): void;
  /** Answers what is no request; the connection is closed after it. */
  refuse(error: EdgeError, response: HttpResponse): void;
}
