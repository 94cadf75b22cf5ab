import { Writable } from "node:stream";
import type { ResponseOwner } from "./response.ts";

/** How a body of unknown length ends: with the last chunk, for HTTP/1.0 with the connection, or, for HEAD, with the head. */
export type BodyFraming = "chunked" | "until close" | "no content";

type Done = (error?: Error | null) => void;

/**
 * The body of a response whose length is not known when it begins. What is written in one turn leaves as one chunk
 * (RFC 9112 section 7.1), at the pace at which the connection takes it. Destroyed before its end it takes the connection
 * with it: nothing else can tell a client that a response is not whole (section 8).
 */
export class ResponseBody extends Writable {
  readonly #owner: ResponseOwner;
  readonly #framing: BodyFraming;
  #isWhole = false;

  constructor(owner: ResponseOwner, framing: BodyFraming) {
    super();
    this.#owner = owner;
    this.#framing = framing;
    this.on("error", () => {}); // who writes to a client that has gone is told by `close`
  }

  override _write(bytes: Buffer, _: BufferEncoding, done: Done): void {
    this.#send(bytes, done);
  }

  override _writev(pieces: { readonly chunk: Buffer }[], done: Done): void {
    this.#send(Buffer.concat(pieces.map(({ chunk }) => chunk)), done);
  }

  override _final(done: Done): void {
    this.#owner.socket.write(this.#framing === "chunked" ? "0\r\n\r\n" : "", "latin1", (error) => {
      this.#isWhole = !error;
      done(error);
    });
    this.#owner.written();
  }

  override _destroy(error: Error | null, done: Done): void {
    const { socket } = this.#owner;
    if (this.#isWhole || socket.closed) return done(error);
    // The response hears of it first: who waits for this `close` finds its call cancelled.
    socket.once("close", () => done(error)).destroy();
  }

  #send(bytes: Buffer, done: Done): void {
    const { socket } = this.#owner;
    if (this.#framing === "no content" || bytes.length === 0) return done(); // a chunk of none would be the last
    if (this.#framing === "until close") return void socket.write(bytes, done);
    socket.cork();
    socket.write(`${bytes.length.toString(16)}\r\n`, "latin1");
    socket.write(bytes);
    socket.write("\r\n", "latin1", done);
    socket.uncork();
  }
}
