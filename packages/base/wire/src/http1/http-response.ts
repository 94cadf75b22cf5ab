import type { Writable } from "node:stream";

/** How a response has ended: it was handed to the system as a whole, or the connection went first. */
export type ResponseEnd = "answered" | "cut off";

/**
 * The response to one request. Headers are names, in lower case, and values in turn. What belongs to the connection and
 * to the message's length is added: `date`, `connection`, `content-length`, `transfer-encoding`. `connection: close`
 * may be asked for.
 */
export interface HttpResponse {
  /** False once it has begun, or when nobody is there to get it. */
  readonly open: boolean;
  /** Tells, once, how it ends, and with which status if it has begun. There is one listener. */
  whenOver(listener: (end: ResponseEnd, status: number | undefined) => void): void;
  /** Sends the whole response. `body` is left out where the status or the method allows none. */
  send(status: number, headers: readonly string[], body?: string | Uint8Array): void;
  /** Sends the head; the body is what is written to the result. Destroying that cuts the connection. */
  begin(status: number, headers: readonly string[]): Writable;
}
