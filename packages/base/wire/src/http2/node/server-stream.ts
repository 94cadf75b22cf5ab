import type { ServerHttp2Stream } from "node:http2";
import { type HeaderList, HTTP2_CODES, type ServerStream, type StreamSink } from "../http2.ts";
import { Inbound, type StreamHost } from "./inbound.ts";

const RESPOND = { waitForTrailers: true, sendDate: false } as const;
/** How long a client may go on sending after its answer. */
const STOP_AFTER_MS = 500;

const RESPOND_ONLY = { endStream: true, sendDate: false } as const;

export class NodeServerStream implements ServerStream {
  readonly #stream: ServerHttp2Stream;
  #inbound: Inbound | undefined;
  #trailers: HeaderList = [];
  #state: "open" | "ended" | "finished" = "open";

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
  }

  get maxHeaderListBytes(): number {
    return this.#stream.session?.remoteSettings.maxHeaderListSize ?? Number.POSITIVE_INFINITY;
  }

  /** Begins to tell the sink what the peer sends; the response may have been given before. */
  attach(host: StreamHost, sink: StreamSink): void {
    const inbound = new Inbound(this.#stream, host, sink);
    this.#inbound = inbound;
    inbound.outboundEnded = this.#state !== "open";
    if (this.#state === "finished") this.#finish();
    this.#stream.on("trailers", (_headers, _flags, raw: HeaderList) => inbound.trailers(raw));
  }

  respond(common: HeaderList, own: HeaderList = []): void {
    if (this.#gone()) return;
    this.#stream.respond([...common, ...own], RESPOND);
    this.#stream.on("wantTrailers", () => this.#sendTrailers());
  }

  write(bytes: Uint8Array): "go" | "wait" {
    if (this.#gone()) return "go";
    return this.#stream.write(bytes) ? "go" : "wait";
  }

  end(common: HeaderList, own: HeaderList = []): "sent" | "waits" {
    this.#trailers = [...common, ...own];
    this.#endOutbound();
    if (!this.#gone()) this.#stream.end();
    return "sent"; // Node does not say; what it holds is bounded by its memory for the session
  }

  respondOnly(headers: HeaderList): void {
    this.#endOutbound();
    if (this.#gone()) return;
    this.#stream.respond(headers, RESPOND_ONLY);
    this.#finish();
  }

  read(mode: "flow" | "hold"): void {
    this.#inbound?.read(mode);
  }

  reset(code: number): void {
    if (this.#inbound) this.#inbound.reset(code);
    else this.#stream.close(code);
  }

  /** Thrown from here, what Node refuses to carry would end the process. */
  #sendTrailers(): void {
    try {
      this.#stream.sendTrailers(pairsOf(this.#trailers));
    } catch {
      return this.#stream.close(HTTP2_CODES.INTERNAL_ERROR);
    }
    this.#finish();
  }

  #gone(): boolean {
    return this.#stream.destroyed || this.#inbound?.dead === true;
  }

  #endOutbound(): void {
    this.#state = "ended";
    if (this.#inbound) this.#inbound.outboundEnded = true;
  }

  /**
   * A response that is complete before its request: what still comes is dropped. A client that does not stop by itself is told
   * to (RFC 9113, section 8.1), but not at once: nghttp2 sends a reset before trailers that are queued, and drops those.
   */
  #finish(): void {
    this.#state = "finished";
    if (this.#inbound?.ended !== false) return;
    this.#inbound.discard();
    const timer = setTimeout(() => this.#stream.close(HTTP2_CODES.NO_ERROR), STOP_AFTER_MS).unref();
    this.#stream.once("close", () => clearTimeout(timer));
  }
}

/** Node takes trailers only as an object. */
function pairsOf(headers: HeaderList): Record<string, string | string[]> {
  const pairs: Record<string, string | string[]> = {};
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? "";
    const value = headers[at + 1] ?? "";
    const before = pairs[name];
    pairs[name] = before === undefined ? value : typeof before === "string" ? [before, value] : [...before, value];
  }
  return pairs;
}
