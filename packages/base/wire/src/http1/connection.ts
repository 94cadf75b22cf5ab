import type { Socket } from "node:net";
import { hintYoungCollection } from "../buffers/external-memory.ts";
import type { DefaultHeaders } from "./default-headers.ts";
import { EdgeError } from "./edge-error.ts";
import { httpDate } from "./http-date.ts";
import type { HttpRequest } from "./http-request.ts";
import type { Http1Handler } from "./http1-handler.ts";
import type { RequestBody } from "./request-body.ts";
import { asksUpgrade, persists, type RequestHead } from "./request-head.ts";
import { type RequestListener, RequestReader } from "./request-reader.ts";
import { Response, type ResponseOwner } from "./response.ts";
import { StallTimer } from "./stall-timer.ts";
import { type Phase, phaseLimitMs, type TimeLimits } from "./time-limits.ts";

export interface ConnectionOptions {
  readonly limits: TimeLimits;
  readonly handler: Http1Handler;
  readonly defaults: DefaultHeaders;
  /** Header lines of a response after which the connection is kept; see {@link keptHeaders}. */
  readonly keptHeaders: string;
  /** It is closed, or has left HTTP. */
  readonly onGone: (connection: Connection) => void;
}

/** What tells a client that, and for how long, its connection is kept; not every one assumes so, and few know the time. */
export function keptHeaders({ keepAliveTimeoutMs }: TimeLimits): string {
  return `connection: keep-alive\r\nkeep-alive: timeout=${Math.floor(keepAliveTimeoutMs / 1_000)}\r\n`;
}

/**
 * One connection of HTTP/1.1 (RFC 9112): requests are answered one after the other. Its states are the phases of
 * `time-limits.ts`.
 */
export class Connection implements RequestListener, ResponseOwner {
  readonly socket: Socket;
  readonly defaults: DefaultHeaders;
  readonly #options: ConnectionOptions;
  readonly #remoteAddress: string | undefined;
  readonly #reader: RequestReader;
  #phase: Phase = "new";
  /** When it was first looked at in this phase: to read the clock for each request would cost more than the looks. */
  #seenMs: number | undefined;
  #response: Response | undefined;
  /** Made for the first response that its client does not take at once. */
  #stall: StallTimer | undefined;
  /** Whether another request may follow the present one (section 9.3). */
  #persistent = true;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.socket = socket;
    this.defaults = options.defaults;
    this.#options = options;
    this.#remoteAddress = socket.remoteAddress;
    this.#reader = new RequestReader(socket, this);
    socket.on("data", this.#onData).on("close", this.#onClose).on("error", this.#onError);
  }

  /** Ends what takes longer than it may. */
  checkLimits(nowMs: number): void {
    this.#seenMs ??= nowMs;
    if (nowMs - this.#seenMs < phaseLimitMs(this.#phase, this.#options.limits)) return;
    if (this.#phase !== "head") return void this.socket.destroy();
    this.#reader.stop();
    this.malformed(new EdgeError(408, "REQUEST_TIMEOUT", "the request did not come in time"));
  }

  /** Closes it unless a request has begun. */
  closeIfIdle(): void {
    if (this.#phase === "idle" || this.#phase === "new") this.socket.destroy();
  }

  headBegun(): void {
    if (this.#phase !== "head") this.#enter("head");
  }

  head(head: RequestHead, body: RequestBody | undefined): void {
    const { method, target, minor, fields } = head;
    const { headers } = fields;
    const request: HttpRequest = { method, url: target, headers, remoteAddress: this.#remoteAddress, body };
    const { handler } = this.#options;
    if (asksUpgrade(head) && handler.accepts(request)) return this.#leave(request);
    this.#enter("busy");
    this.#persistent = persists(head);
    this.#response = new Response(this, method, minor);
    handler.request(request, this.#response);
  }

  contentOver(): void {
    if (this.#phase === "unread") this.#afterRequest();
  }

  malformed(error: EdgeError): void {
    this.#enter("busy");
    this.#response = new Response(this, "GET", 1);
    this.#options.handler.refuse(error, this.#response);
  }

  ownHeaders(asked: string | undefined): string {
    // Of a client that still waits with its content only itself knows whether that follows (RFC 9110 section 10.1.1).
    if (asked?.toLowerCase() === "close" || this.#reader.awaited || this.#reader.stopped) this.#persistent = false;
    const { limits, keptHeaders } = this.#options;
    const date = `date: ${httpDate(limits.clock.now())}\r\n`;
    if (asked !== undefined) return date;
    return date + (this.#persistent ? keptHeaders : "connection: close\r\n");
  }

  written(): void {
    const { socket } = this;
    if (!socket.writable) return; // it goes, and its close follows
    // Mostly it has left by now, and a callback for each write would be called a tick later, for 2 % of a request.
    if (socket.writableLength === 0) return this.#response?.sent();
    this.#stall ??= new StallTimer(socket, this.#options.limits.stallTimeoutMs);
    this.#stall.start();
    socket.write("", this.#onLeft);
  }

  answered(): void {
    this.#stall?.stop();
    this.#response = undefined;
    if (!this.#persistent || !this.#reader.contentComing) return this.#afterRequest();
    this.#enter("unread");
    this.#reader.dropContent();
  }

  #afterRequest(): void {
    if (this.#persistent && !this.#reader.stopped) {
      this.#enter("idle");
      this.#reader.next();
    } else {
      this.#enter("closing");
      this.#reader.stop();
      this.socket.end();
    }
  }

  /** It speaks something else from here on. */
  #leave(request: HttpRequest): void {
    const { socket } = this;
    const { handler, onGone } = this.#options;
    const rest = this.#reader.handOver();
    socket.off("data", this.#onData).off("close", this.#onClose);
    onGone(this);
    handler.upgrade(request, socket, rest);
    socket.off("error", this.#onError);
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#seenMs = undefined;
  }

  readonly #onData = (bytes: Buffer): void => {
    hintYoungCollection(bytes.length);
    this.#reader.receive(bytes);
  };

  readonly #onClose = (): void => {
    this.#stall?.stop();
    this.#response?.cut();
    this.#reader.stop();
    this.#options.onGone(this);
  };

  readonly #onError = (): void => {}; // the close follows

  readonly #onLeft = (error?: Error | null): void => {
    if (!error) this.#response?.sent(); // else the close follows
  };
}
