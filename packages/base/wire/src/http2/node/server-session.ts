import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { Clock, Timer } from "@parley/core";
import { type AcceptStream, HTTP2_CODES } from "../http2.ts";
import { limitLinger } from "../linger.ts";
import { callerOf, type ServedConnection } from "../listen.ts";
import type { StreamHost } from "./inbound.ts";
import { NodeServerStream } from "./server-stream.ts";

/** The highest stream id: a GOAWAY with it announces the end and refuses nothing (RFC 9113, section 6.8). */
const HIGHEST_STREAM_ID = 2 ** 31 - 1;

/** How long the client may take to acknowledge the announcement; a client that vanished must not hold the drain. */
const ANNOUNCE_LIMIT_MS = 1_000;

/**
 * One connection of a server. It serves, is draining (announced, then closing), and is gone.
 *
 * nghttp2 reads nothing more once it has sent any GOAWAY and no stream is open. So an idle connection is not announced but
 * closed at once, and an announced one is closed as soon as it falls idle. Either way the last GOAWAY excludes what was not
 * read, and its sender knows that it was refused.
 */
export class ServerSession implements StreamHost, ServedConnection {
  readonly #session: ServerHttp2Session;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #bornMs: number;
  #lost: string | undefined;
  #announced: Timer | undefined;
  #streams = 0;
  #draining = false;
  #awaitsPing = false;

  constructor(
    session: ServerHttp2Session,
    socket: Socket,
    { accept, clock, onClose }: { accept: AcceptStream; clock: Clock; onClose: (session: ServerSession) => void },
  ) {
    this.#session = session;
    this.#socket = socket;
    this.#clock = clock;
    limitLinger(socket, clock);
    this.#bornMs = clock.now();
    const caller = callerOf(socket);
    socket.on("error", (error) => this.#lose(error.message));
    socket.on("close", () => this.#lose("the client closed the connection"));
    session.on("error", (error: Error) => this.#lose(error.message));
    session.on("stream", (node, _headers, _flags, raw) => {
      this.#streams += 1;
      node.on("close", () => {
        this.#streams -= 1;
        if (this.#draining && this.#streams === 0) this.#close();
      });
      const stream = new NodeServerStream(node);
      stream.attach(this, accept(stream, raw, caller));
    });
    session.on("close", () => {
      this.#lose("the connection is closed");
      this.#announced?.cancel();
      onClose(this);
    });
  }

  get lost(): string | undefined {
    return this.#lost;
  }

  ageMs(): number {
    return this.#clock.now() - this.#bornMs;
  }

  /** Sends a keepalive PING; {@link reap} judges the answer. */
  probe(): void {
    this.#awaitsPing = this.#ping(() => {
      this.#awaitsPing = false;
    });
  }

  /** Ends the connection if its PING is still unanswered. */
  reap(): void {
    if (this.#awaitsPing) this.destroy("no answer to keepalive");
  }

  /** GOAWAY in two steps, then the end once the last stream has finished. Idempotent. */
  drain(): void {
    if (this.#draining || this.#session.destroyed) return;
    this.#draining = true;
    if (this.#streams === 0) return this.#close();
    this.#session.goaway(HTTP2_CODES.NO_ERROR, HIGHEST_STREAM_ID);
    this.#announced = this.#clock.setTimer(ANNOUNCE_LIMIT_MS, () => this.#close());
    if (!this.#ping(() => this.#close())) this.#close();
  }

  destroy(reason: string): void {
    this.#lose(reason);
    this.#session.destroy();
    this.#socket.destroy(); // a session that was closing already leaves its socket to the peer
  }

  #close(): void {
    this.#announced?.cancel();
    if (!this.#session.destroyed) this.#session.close();
  }

  #ping(onAck: () => void): boolean {
    try {
      return this.#session.ping((error) => {
        if (!error) onAck();
      });
    } catch {
      return false; // the session is gone
    }
  }

  #lose(reason: string): void {
    this.#lost ??= reason;
  }
}
