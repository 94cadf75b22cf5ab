import type { Http2Stream } from "node:http2";
import { type HeaderList, HTTP2_CODES, type StreamReset, type StreamSink } from "../http2.ts";

const NO_TRAILERS: HeaderList = [];

/** What a stream needs to know of the connection it runs on. */
export interface StreamHost {
  /** Why the connection is gone, once it is. */
  readonly lost: string | undefined;
}

/**
 * The half of a stream that the peer writes, from Node's events to a sink. Both sides of a connection share it.
 *
 * open -> ended (the peer has finished) or dead (reset by either side; the sink hears nothing more).
 */
export class Inbound {
  readonly #stream: Http2Stream;
  readonly #host: StreamHost;
  readonly #sink: StreamSink;
  #state: "open" | "ended" | "dead" = "open";
  #trailers: HeaderList | undefined;
  #holding = false;
  /** Set by the owner once it has written its last byte: then a close is the normal end. */
  outboundEnded = false;

  constructor(stream: Http2Stream, host: StreamHost, sink: StreamSink) {
    this.#stream = stream;
    this.#host = host;
    this.#sink = sink;
    stream.on("data", (chunk: Buffer) => {
      if (this.#state === "open") this.#sink.onData(chunk);
    });
    stream.on("end", () => this.#end());
    stream.on("drain", () => {
      if (this.#state !== "dead") this.#sink.onDrain();
    });
    stream.on("close", () => this.#close());
    // Whatever went wrong, "close" follows and tells it; an error without a listener would end the process.
    stream.on("error", () => {});
  }

  get ended(): boolean {
    return this.#state === "ended";
  }

  get dead(): boolean {
    return this.#state === "dead";
  }

  /** Node tells of trailers as soon as they arrive, also while data before them is still unread. */
  trailers(headers: HeaderList): void {
    this.#trailers = headers;
    if (!this.#holding && this.#stream.readableLength === 0) this.#end();
  }

  read(mode: "flow" | "hold"): void {
    this.#holding = mode === "hold";
    if (this.#holding) this.#stream.pause();
    else this.#stream.resume();
  }

  /** Nobody wants what still comes. */
  discard(): void {
    this.#state = "dead";
    this.#stream.resume();
  }

  reset(code: number): void {
    if (this.#state === "dead") return;
    this.#state = "dead";
    if (!this.outboundEnded) {
      // Node ends its own half before it resets it, so that the peer would take a part of a request for the whole.
      Object.defineProperty(this.#stream, "end", { value: () => this.#stream });
    }
    this.#stream.close(code);
    this.#stream.resume(); // what is unread would keep Node's stream open
  }

  #end(): void {
    if (this.#state !== "open") return;
    // A stream that was reset, or lost its connection, also ends; only its close says so.
    if (this.#stream.rstCode !== HTTP2_CODES.NO_ERROR) return;
    if (this.#stream.destroyed && !this.#trailers) return;
    this.#state = "ended";
    this.#sink.onEnd(this.#trailers ?? NO_TRAILERS);
  }

  #close(): void {
    const finished = this.#state === "ended" && this.outboundEnded;
    if (this.#state === "dead" || finished) return;
    this.#state = "dead";
    this.#sink.onReset(this.#resetOf());
  }

  #resetOf(): StreamReset {
    // Without an id it was never sent: Node learned of a GOAWAY between our asking for the stream and its sending it.
    if (this.#stream.id === undefined) return { by: "peer", code: HTTP2_CODES.REFUSED_STREAM };
    const code = this.#stream.rstCode ?? HTTP2_CODES.NO_ERROR;
    const { lost } = this.#host;
    if (lost === undefined || code === HTTP2_CODES.REFUSED_STREAM) return { by: "peer", code };
    return { by: "connection", reason: lost, code };
  }
}
