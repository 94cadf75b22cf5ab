import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { EdgeCode } from "../problem/edge-error.ts";
import { renderProblem } from "../problem/problem.ts";
import type { EdgeJsonStyle } from "./json-style.ts";

/** Request line and headers together; Node's own default, stated. */
export const MAX_HEADER_BYTES = 16_384;

/** What Node's parser says of bytes that are no request; `reason` is its own fixed text. */
type ParseError = Error & { readonly code?: string; readonly reason?: string };

interface Refusal {
  readonly status: number;
  readonly code: EdgeCode;
  readonly message: string;
}

/** Answers bytes that are no HTTP request, or that came too slowly, and closes: there is no request to answer with. */
export function createClientErrorHandler(style: EdgeJsonStyle): (error: ParseError, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
    const { status, code, message } = refusalOf(error);
    const body = renderProblem({ status, code, message, violations: [], headers: {} }, style);
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      "content-type: application/json; charset=utf-8",
      `content-length: ${Buffer.byteLength(body)}`,
      "connection: close",
    ];
    socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
  };
}

function refusalOf({ code, reason }: ParseError): Refusal {
  switch (code) {
    case "HPE_HEADER_OVERFLOW": {
      const message = `the URL and headers must not be larger than ${MAX_HEADER_BYTES} bytes together`;
      return { status: 431, code: "HEADERS_TOO_LARGE", message };
    }
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return { status: 408, code: "REQUEST_TIMEOUT", message: "the request did not come in time" };
    default: {
      const message = `the request is not valid HTTP${reason ? `: ${reason}` : ""}`;
      return { status: 400, code: "MALFORMED_REQUEST", message };
    }
  }
}
