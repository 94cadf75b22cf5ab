import type { ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { Clock } from "@parley/core";
import {
  type ClientConnection,
  type ClientConnectionEvents,
  type ClientStream,
  type HeaderList,
  HTTP2_CODES,
  nameOfCode,
  type ResponseSink,
} from "../http2.ts";
import { limitLinger } from "../linger.ts";
import { NodeClientStream } from "./client-stream.ts";

/** Errors by which Node says that a session opens no more streams. */
const NOT_OPENED = new Set(["ERR_HTTP2_GOAWAY_SESSION", "ERR_HTTP2_INVALID_SESSION", "ERR_HTTP2_OUT_OF_STREAMS"]);

/** nghttp2 sends no longer header block; its own count of one is never above `headerListBytes`. */
const MAX_BLOCK_BYTES = 65_536;

export class NodeClientConnection implements ClientConnection {
  /** Node shows no settings that it does not know. */
  readonly resetLimit = undefined;
  readonly #session: ClientHttp2Session;
  readonly #socket: Socket;
  #lost: string | undefined;
  #closed = false;
  /** Told first when the connection is lost: the dial listens while it lasts. */
  onLost: ((reason: string) => void) | undefined;

  constructor(session: ClientHttp2Session, socket: Socket, events: ClientConnectionEvents, clock: Clock) {
    this.#session = session;
    this.#socket = socket;
    limitLinger(socket, clock);
    // These listeners stay until the end: an error may come at any time, also after a GOAWAY on an idle connection.
    socket.on("error", (error: NodeJS.ErrnoException) => this.#lose(describe(error)));
    socket.on("close", () => this.#lose("the peer closed the connection"));
    session.on("error", (error: NodeJS.ErrnoException) => this.#lose(describe(error)));
    session.on("goaway", (code, _lastStreamId, debug?: Buffer) => {
      if (code !== HTTP2_CODES.NO_ERROR)
        this.#lose(`GOAWAY ${nameOfCode(code)}${debug ? `: ${debug.toString()}` : ""}`);
      events.onGoaway(code, debug?.toString() ?? "");
    });
    session.on("remoteSettings", ({ maxConcurrentStreams }) =>
      events.onMaxStreams(maxConcurrentStreams ?? Number.POSITIVE_INFINITY),
    );
    session.on("close", () => {
      this.#lose("the connection is closed");
      if (this.#closed) return;
      this.#closed = true;
      events.onClose(this.#lost ?? "");
    });
  }

  get maxHeaderListBytes(): number {
    return Math.min(this.#session.remoteSettings.maxHeaderListSize ?? Number.POSITIVE_INFINITY, MAX_BLOCK_BYTES);
  }

  get lost(): string | undefined {
    return this.#lost;
  }

  open(common: HeaderList, own: HeaderList, sink: ResponseSink): ClientStream {
    try {
      return new NodeClientStream(this.#session.request([...common, ...own]), this, sink);
    } catch (error) {
      // A GOAWAY may have arrived that we have not been told of yet.
      if (!NOT_OPENED.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
      queueMicrotask(() => sink.onReset({ by: "peer", code: HTTP2_CODES.REFUSED_STREAM }));
      return NEVER_OPENED;
    }
  }

  ping(onAck: () => void): boolean {
    try {
      return this.#session.ping((error) => {
        if (!error) onAck();
      });
    } catch {
      return false;
    }
  }

  close(): void {
    this.#session.close();
  }

  destroy(reason: string): void {
    this.#lose(reason);
    this.#session.destroy();
    this.#socket.destroy(); // a session that was closing already leaves its socket to the peer
  }

  #lose(reason: string): void {
    if (this.#lost !== undefined) return;
    this.#lost = reason;
    this.onLost?.(reason);
  }
}

const NEVER_OPENED: ClientStream = { write: () => "go", end() {}, read() {}, reset() {} };

function describe(error: NodeJS.ErrnoException): string {
  return error.code && !error.message.includes(error.code) ? `${error.code}: ${error.message}` : error.message;
}
