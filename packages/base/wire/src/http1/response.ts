import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import type { DefaultHeaders } from "./default-headers.ts";
import type { HttpResponse, ResponseEnd } from "./http-response.ts";
import { type BodyFraming, ResponseBody } from "./response-body.ts";
import { renderHead } from "./response-head.ts";

/** What a response needs of its connection. */
export interface ResponseOwner {
  readonly socket: Socket;
  readonly defaults: DefaultHeaders;
  /** The header lines that are the server's own; `asked` is what the response says of its connection. */
  ownHeaders(asked: string | undefined): string;
  /** The last of the response has been written; {@link Response.sent} is called once it has left. */
  written(): void;
  /** The response has been handed to the system as a whole. */
  answered(): void;
}

/**
 * The response to one request.
 *
 *     open → (send, begin) → begun → over: answered, or cut off with the connection
 */
export class Response implements HttpResponse {
  readonly #owner: ResponseOwner;
  readonly #method: string;
  readonly #minor: 0 | 1;
  #state: "open" | "begun" | "over" = "open";
  #body: ResponseBody | undefined;
  #status: number | undefined;
  #tell: ((end: ResponseEnd, status: number | undefined) => void) | undefined;

  constructor(owner: ResponseOwner, method: string, minor: 0 | 1) {
    this.#owner = owner;
    this.#method = method;
    this.#minor = minor;
  }

  get open(): boolean {
    return this.#state === "open" && this.#owner.socket.writable;
  }

  whenOver(listener: (end: ResponseEnd, status: number | undefined) => void): void {
    this.#tell = listener;
  }

  send(status: number, headers: readonly string[], body: string | Uint8Array = ""): void {
    const hasContent = mayHaveContent(status);
    const length = Buffer.byteLength(body);
    const head = this.#begin(status, headers, hasContent ? `content-length: ${length}\r\n` : "");
    const content = hasContent && this.#method !== "HEAD" ? body : "";
    const { socket } = this.#owner;
    if (typeof content === "string" && (content.length === length || content === "")) {
      // One write, and in Latin-1, which is what a head is in and the fast way for what is ASCII.
      socket.write(head + content, "latin1");
    } else {
      socket.cork();
      socket.write(head, "latin1");
      if (typeof content === "string") socket.write(content, "utf8");
      else socket.write(content);
      socket.uncork();
    }
    this.#owner.written();
  }

  begin(status: number, headers: readonly string[]): Writable {
    const framing = this.#framing(status);
    const isTold = framing !== "until close" || connectionOf(headers) !== undefined;
    const all = isTold ? headers : [...headers, "connection", "close"];
    const head = this.#begin(status, all, framing === "chunked" ? "transfer-encoding: chunked\r\n" : "");
    this.#owner.socket.write(head, "latin1");
    this.#body = new ResponseBody(this.#owner, framing);
    return this.#body;
  }

  /** All that was written has been handed to the system. */
  sent(): void {
    if (this.#state === "over") return;
    this.#over("answered");
    this.#owner.answered();
  }

  /** The connection is gone. */
  cut(): void {
    if (this.#state === "over") return;
    this.#over("cut off");
    this.#body?.destroy();
  }

  #over(end: ResponseEnd): void {
    this.#state = "over";
    this.#tell?.(end, this.#status);
  }

  /** @throws Error if it has begun, TypeError for a header that may not be sent; nothing has been sent then. */
  #begin(status: number, headers: readonly string[], framing: string): string {
    if (this.#state !== "open") throw new Error(`a response cannot begin when it is ${this.#state}`);
    const { defaults } = this.#owner;
    const own = defaults.linesBeside(headers) + framing + this.#owner.ownHeaders(connectionOf(headers));
    const head = renderHead({ status, headers, own });
    this.#state = "begun";
    this.#status = status;
    return head;
  }

  #framing(status: number): BodyFraming {
    if (this.#method === "HEAD" || !mayHaveContent(status)) return "no content";
    return this.#minor === 1 ? "chunked" : "until close";
  }
}

/** RFC 9110 sections 15.3.5 and 15.4.5; such a response has no length either (section 8.6). */
function mayHaveContent(status: number): boolean {
  return status !== 204 && status !== 304;
}

function connectionOf(headers: readonly string[]): string | undefined {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === "connection") return headers[at + 1];
  return undefined;
}
