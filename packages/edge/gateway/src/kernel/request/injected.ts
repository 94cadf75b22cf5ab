import type { IncomingMessage, ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import type { DefaultHeaders, HttpRequest, HttpResponse, ResponseEnd } from "@parley/wire/internal/http1";
import type { RequestHandler } from "./request-handler.ts";

/** Answers a request that came over no connection, in the shape that tools for testing give it: that of `node:http`. */
export function answerInjected(door: RequestHandler, raw: IncomingMessage, response: ServerResponse): void {
  door.answer(requestOf(raw), new InjectedResponse(response, door.defaultHeaders));
}

function requestOf(raw: IncomingMessage): HttpRequest {
  const { method = "GET", url = "/", headers, socket } = raw;
  const hasContent = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) !== 0;
  return { method, url, headers, remoteAddress: socket.remoteAddress, body: hasContent ? raw : undefined };
}

class InjectedResponse implements HttpResponse {
  readonly #raw: ServerResponse;
  readonly #defaults: DefaultHeaders;

  constructor(raw: ServerResponse, defaults: DefaultHeaders) {
    this.#raw = raw;
    this.#defaults = defaults;
  }

  get open(): boolean {
    return !this.#raw.headersSent && !this.#raw.destroyed;
  }

  whenOver(listener: Parameters<HttpResponse["whenOver"]>[0]): void {
    const raw = this.#raw;
    let end: ResponseEnd = "cut off";
    raw.once("finish", () => {
      end = "answered";
    });
    raw.once("close", () => listener(end, raw.statusCode));
  }

  send(status: number, headers: readonly string[], body?: string | Uint8Array): void {
    const length = body === undefined ? [] : ["content-length", String(Buffer.byteLength(body))];
    this.#raw.writeHead(status, [...this.#defaults.beside(headers), ...headers, ...length]).end(body);
  }

  begin(status: number, headers: readonly string[]): Writable {
    this.#raw.writeHead(status, [...this.#defaults.beside(headers), ...headers]).flushHeaders();
    return this.#raw;
  }
}
