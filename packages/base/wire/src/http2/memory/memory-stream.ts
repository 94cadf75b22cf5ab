import {
  type ClientStream,
  type HeaderList,
  HTTP2_CODES,
  type ResponseSink,
  type ServerStream,
  type StreamReset,
  type StreamSink,
} from "../http2.ts";
import { STREAM_WINDOW_BYTES } from "../window.ts";

type Piece = { readonly data: Uint8Array } | { readonly headers: HeaderList } | { readonly end: HeaderList };

/** Told what one direction of a stream brings. */
interface Reader {
  onHeaders(headers: HeaderList): void;
  onData(chunk: Uint8Array): void;
  onEnd(trailers: HeaderList): void;
}

/** One direction of a stream: pieces in order, each told in a microtask, and no more data than a window unread. */
class Direction {
  readonly #pieces: Piece[] = [];
  readonly #onDrain: () => void;
  #reader: Reader | undefined;
  #unreadBytes = 0;
  #writerWaits = false;
  #held = false;
  #scheduled = false;
  #ended = false;

  constructor(onDrain: () => void) {
    this.#onDrain = onDrain;
  }

  get ended(): boolean {
    return this.#ended;
  }

  attach(reader: Reader): void {
    this.#reader = reader;
    this.#schedule();
  }

  write(bytes: Uint8Array): "go" | "wait" {
    this.put({ data: bytes });
    this.#unreadBytes += bytes.length;
    this.#writerWaits = this.#unreadBytes >= STREAM_WINDOW_BYTES;
    return this.#writerWaits ? "wait" : "go";
  }

  put(piece: Piece): void {
    this.#pieces.push(piece);
    this.#schedule();
  }

  read(mode: "flow" | "hold"): void {
    this.#held = mode === "hold";
    if (!this.#held) this.#schedule();
  }

  /** Forgets what is unread; nothing more is told. */
  stop(): void {
    this.#reader = undefined;
    this.#pieces.length = 0;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      while (this.#reader) {
        const [piece] = this.#pieces;
        // Headers go by no window: a reader that holds back data still hears of them.
        if (!piece || (this.#held && !("headers" in piece))) return;
        this.#pieces.shift();
        this.#tell(this.#reader, piece);
      }
    });
  }

  #tell(reader: Reader, piece: Piece): void {
    if ("headers" in piece) return reader.onHeaders(piece.headers);
    if ("end" in piece) {
      this.#ended = true;
      return reader.onEnd(piece.end);
    }
    this.#unreadBytes -= piece.data.length;
    reader.onData(piece.data);
    if (this.#writerWaits && this.#unreadBytes < STREAM_WINDOW_BYTES) {
      this.#writerWaits = false;
      this.#onDrain();
    }
  }
}

/** Both ends of a stream within one process. Open until each direction has ended, or either side resets it. */
export class MemoryStream {
  readonly client: ClientStream;
  readonly server: ServerStream;
  readonly #request: Direction;
  readonly #response: Direction;
  readonly #clientSink: ResponseSink;
  readonly #onClose: (stream: MemoryStream) => void;
  #serverSink: StreamSink | undefined;
  #open = true;

  constructor(clientSink: ResponseSink, onClose: (stream: MemoryStream) => void) {
    this.#clientSink = clientSink;
    this.#onClose = onClose;
    this.#request = new Direction(() => clientSink.onDrain());
    this.#response = new Direction(() => this.#serverSink?.onDrain());
    this.client = this.#clientEnd();
    this.server = this.#serverEnd();
    this.#response.attach({
      onHeaders: (headers) => clientSink.onHeaders(headers),
      onData: (chunk) => clientSink.onData(chunk),
      onEnd: (trailers) => {
        // A response that is complete before its request tells the client to stop (RFC 9113, section 8.1).
        if (!this.#request.ended) this.#request.stop();
        this.#close();
        clientSink.onEnd(trailers);
      },
    });
  }

  /** The server has taken the stream. */
  accepted(sink: StreamSink): void {
    this.#serverSink = sink;
    if (!this.#open) return;
    this.#request.attach({
      onHeaders: () => {},
      onData: (chunk) => sink.onData(chunk),
      onEnd: (trailers) => sink.onEnd(trailers),
    });
  }

  /** The connection is gone: both sides are told. */
  lose(reason: string): void {
    if (!this.#open) return;
    const reset: StreamReset = { by: "connection", reason, code: HTTP2_CODES.CANCEL };
    this.#close();
    this.#clientSink.onReset(reset);
    this.#serverSink?.onReset(reset);
  }

  #reset(code: number, tell: () => StreamSink | undefined): void {
    if (!this.#open) return;
    this.#close();
    queueMicrotask(() => tell()?.onReset({ by: "peer", code }));
  }

  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#request.stop();
    this.#response.stop();
    this.#onClose(this);
  }

  #clientEnd(): ClientStream {
    return {
      write: (bytes) => (this.#open ? this.#request.write(bytes) : "go"),
      end: (bytes) => {
        if (!this.#open) return;
        if (bytes) this.#request.write(bytes);
        this.#request.put({ end: [] });
      },
      read: (mode) => this.#response.read(mode),
      reset: (code) => this.#reset(code, () => this.#serverSink),
    };
  }

  #serverEnd(): ServerStream {
    return {
      respond: (common, own = []) => {
        if (this.#open) this.#response.put({ headers: [...common, ...own] });
      },
      write: (bytes) => (this.#open ? this.#response.write(bytes) : "go"),
      end: (common, own = []) => {
        if (this.#open) this.#response.put({ end: [...common, ...own] });
        return "sent"; // it is held in this process either way
      },
      respondOnly: (headers) => {
        if (!this.#open) return;
        this.#response.put({ headers });
        this.#response.put({ end: [] });
      },
      read: (mode) => this.#request.read(mode),
      reset: (code) => this.#reset(code, () => this.#clientSink),
    };
  }
}
