import type { Socket } from "node:net";
import { loopBudget } from "@parley/core/internal";
import type { EdgeError } from "./edge-error.ts";
import { type BodySource, RequestBody } from "./request-body.ts";
import { HeadReader, type RequestHead } from "./request-head.ts";

/** Who is told what a connection says. */
export interface RequestListener {
  /** A head has begun, and is not complete. May be told several times. */
  headBegun(): void;
  /** A request. No other is told of before {@link RequestReader.next}. */
  head(head: RequestHead, body: RequestBody | undefined): void;
  /** There is no more content: all has come, or what came is none, and the reader has stopped. */
  contentOver(): void;
  /** What came is no request, and the reader has stopped. */
  malformed(error: EdgeError): void;
}

/**
 * Reads requests one after the other off a socket, and lets it wait where nobody wants more:
 *
 *     head → held → next → head …        any → stopped
 *
 * `held`: a request is being answered. Its content is read, and what the client sends ahead waits (RFC 9112 section 9.3.2).
 */
export class RequestReader implements BodySource {
  readonly #socket: Socket;
  readonly #listener: RequestListener;
  readonly #heads = new HeadReader();
  #state: "head" | "held" | "stopped" = "head";
  /** What has come and was not read yet: the beginning of a head, or what was sent ahead. */
  #pending: Buffer | undefined;
  /** How much of it is known to hold no end of a head. */
  #searched = 0;
  /** The content of the present request, while it is not complete. */
  #body: RequestBody | undefined;
  #awaited = false;

  constructor(socket: Socket, listener: RequestListener) {
    this.#socket = socket;
    this.#listener = listener;
  }

  /** Whether content of the present request may still come. */
  get contentComing(): boolean {
    return this.#body !== undefined;
  }

  /** Whether the client waits to be told that it may send its content (RFC 9110 section 10.1.1). */
  get awaited(): boolean {
    return this.#awaited;
  }

  get stopped(): boolean {
    return this.#state === "stopped";
  }

  receive(bytes: Buffer): void {
    if (this.#state === "stopped") return;
    this.#awaited = false;
    const rest = this.#body ? this.#readContent(this.#body, bytes) : bytes;
    if (rest.length === 0) return;
    const pending = this.#pending ? Buffer.concat([this.#pending, rest]) : rest;
    if (this.#state === "head") return this.#readHead(pending);
    this.#pending = pending;
    this.#socket.pause();
  }

  /** The present request is done with, content and all: on to the next. */
  next(): void {
    this.#state = "head";
    // In a turn of its own: an answer that is sent at once would begin the next within itself, as deep as requests wait.
    if (this.#pending) process.nextTick(this.#readPending);
    else this.#socket.resume();
  }

  /** What still comes of the content is read and thrown away. */
  dropContent(): void {
    this.#body?.destroy();
    this.#socket.resume();
  }

  /** Whatever still comes is read and thrown away. */
  stop(): void {
    this.dropContent();
    this.#state = "stopped";
    this.#body = undefined;
    this.#awaited = false;
    this.#pending = undefined;
  }

  /** Stops, and gives what has come after the present request to who has the socket from here on. It is paused. */
  handOver(): Buffer {
    const rest = this.#pending ?? NOTHING;
    this.stop();
    this.#socket.pause();
    return rest;
  }

  wanted(): void {
    if (!this.#body) return;
    if (this.#awaited) this.#socket.write("HTTP/1.1 100 Continue\r\n\r\n", "latin1");
    this.#awaited = false;
    this.#socket.resume();
  }

  full(): void {
    this.#socket.pause();
  }

  /** Of requests that are sent ahead, so many that other connections wait too long for their turn begin in a later one. */
  readonly #readPending = (): void => {
    if (loopBudget.admit()) this.#readNow();
    else loopBudget.defer(this.#readNow);
  };

  readonly #readNow = (): void => {
    const pending = this.#pending;
    if (!pending || this.#state !== "head") return;
    this.#readHead(pending);
    if (this.#state === "head") this.#socket.resume();
  };

  #readHead(received: Buffer): void {
    const bytes = afterEmptyLines(received);
    this.#pending = bytes.length > 0 ? bytes : undefined;
    let head: RequestHead | undefined;
    try {
      head = this.#heads.read(bytes, this.#searched);
    } catch (error) {
      this.stop();
      return this.#listener.malformed(error as EdgeError);
    }
    this.#searched = head ? 0 : bytes.length;
    if (head) this.#begin(head, bytes);
    else if (this.#pending) this.#listener.headBegun();
  }

  #begin(head: RequestHead, bytes: Buffer): void {
    const { minor, fields, end } = head;
    const body = fields.framing.kind === "none" ? undefined : new RequestBody(fields.framing, this);
    this.#state = "held";
    this.#pending = undefined;
    this.#body = body;
    if (end < bytes.length) this.receive(bytes.subarray(end));
    else this.#awaited = body !== undefined && minor === 1 && fields.expectsContinue;
    this.#listener.head(head, body);
  }

  /** Returns what follows the content. */
  #readContent(body: RequestBody, bytes: Buffer): Buffer {
    let rest: Buffer = NOTHING;
    try {
      rest = bytes.subarray(body.accept(bytes));
      if (!body.complete) return NOTHING;
      this.#body = undefined;
      this.#socket.resume(); // from here on it tells whether the client is still there
    } catch (error) {
      body.destroy(error as EdgeError);
      this.stop(); // where the request ends is not known, so nothing that follows is one
    }
    this.#listener.contentOver();
    return rest;
  }
}

const NOTHING = Buffer.alloc(0);
const CR = 0x0d;
const LF = 0x0a;

/** RFC 9112 section 2.2: some clients send an empty line after their content. */
function afterEmptyLines(bytes: Buffer): Buffer {
  let start = 0;
  while (bytes[start] === CR && bytes[start + 1] === LF) start += 2;
  return start === 0 ? bytes : bytes.subarray(start);
}
