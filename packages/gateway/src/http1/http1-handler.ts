import type { Socket } from "node:net";
import type { HttpRequest } from "../edge/http-request.ts";
import type { HttpResponse } from "../edge/http-response.ts";
import type { EdgeError } from "../problem/edge-error.ts";

/** Who gets what comes over the connections of a server. Nothing of it throws. */
export interface Http1Handler {
  request(request: HttpRequest, response: HttpResponse): void;
  /** Whether a request for another protocol gets it. It is an ordinary request if not (RFC 9110 section 7.8). */
  accepts(request: HttpRequest): boolean;
  /** Has the connection from here on. It is paused; `head` is what came after the request. */
  upgrade(request: HttpRequest, socket: Socket, head: Buffer): void;
  /** The JSON body of the answer to what is no request. */
  refusal(error: EdgeError): string;
}
