import { type ClientHttp2Stream, constants } from "node:http2";
import type { ClientStream, HeaderList, ResponseSink } from "../http2.ts";
import { Inbound, type StreamHost } from "./inbound.ts";

export class NodeClientStream implements ClientStream {
  readonly #stream: ClientHttp2Stream;
  readonly #inbound: Inbound;

  constructor(stream: ClientHttp2Stream, host: StreamHost, sink: ResponseSink) {
    this.#stream = stream;
    const inbound = new Inbound(stream, host, sink);
    this.#inbound = inbound;
    stream.on("response", (_headers, flags, raw) => {
      if (inbound.dead) return;
      sink.onHeaders(raw);
      if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0 && !inbound.dead) inbound.trailers([]);
    });
    stream.on("trailers", (_headers, _flags, raw: HeaderList) => inbound.trailers(raw));
  }

  write(bytes: Uint8Array): "go" | "wait" {
    if (this.#inbound.dead || this.#stream.destroyed) return "go";
    return this.#stream.write(bytes) ? "go" : "wait";
  }

  end(bytes?: Uint8Array): void {
    this.#inbound.outboundEnded = true;
    if (this.#inbound.dead || this.#stream.destroyed) return;
    if (bytes) this.#stream.end(bytes);
    else this.#stream.end();
  }

  read(mode: "flow" | "hold"): void {
    this.#inbound.read(mode);
  }

  reset(code: number): void {
    this.#inbound.reset(code);
  }
}
