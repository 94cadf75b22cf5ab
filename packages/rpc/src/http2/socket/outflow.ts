import { DEFAULT_WINDOW_BYTES, MAX_WINDOW_BYTES } from "../frames/frame-types.ts";
import { ConnectionError } from "../frames/http2-error.ts";

/** A stream, as far as it has something to send. */
export interface Sender {
  /** Sends at most a frame of data, and does what comes after the last. `"more"` if it could go on at once. */
  takeTurn(): "more" | "done";
  /** Tells the writer that it may write again. */
  tellDrain(): void;
}

/** Shared by the connections of which nobody has waited yet; it stays empty. */
const NOBODY: Set<Sender> = new Set();

/**
 * The data of all streams on its way to one socket: the window of the connection (RFC 9113, section 6.9.1), and whose turn
 * it is. Streams that wait take turns of one frame each, so that a large answer does not hold up a small one. A stream
 * whose own window is full is not in here until it grows, so what waits costs nothing.
 */
export class Outflow {
  readonly #output: { readonly congested: boolean };
  /** They have data and a window for it, in the order of their turns. */
  #senders: Set<Sender> = NOBODY;
  /** They have sent all, and wait for the socket to take more. */
  #drains: Set<Sender> = NOBODY;
  #window = DEFAULT_WINDOW_BYTES;

  constructor(output: { readonly congested: boolean }) {
    this.#output = output;
  }

  /** What the peer lets us send over all streams together. */
  get window(): number {
    return this.#window;
  }

  /** True while a frame of data may go out. Then nobody waits for a turn, unless turns are just being taken. */
  get open(): boolean {
    return this.#window > 0 && !this.#output.congested;
  }

  /** The socket has more than enough. */
  get congested(): boolean {
    return this.#output.congested;
  }

  /** Data has gone out. */
  spend(bytes: number): void {
    this.#window -= bytes;
  }

  /** Section 6.9. */
  grow(bytes: number): void {
    this.#window += bytes;
    if (this.#window > MAX_WINDOW_BYTES) {
      throw new ConnectionError("FLOW_CONTROL_ERROR", "the window of the connection is larger than 2^31-1");
    }
    this.serve();
  }

  /** The stream has data that its own window allows. */
  awaitTurn(stream: Sender): void {
    if (this.#senders === NOBODY) this.#senders = new Set();
    this.#senders.add(stream);
  }

  awaitDrain(stream: Sender): void {
    if (this.#drains === NOBODY) this.#drains = new Set();
    this.#drains.add(stream);
  }

  forget(stream: Sender): void {
    this.#senders.delete(stream);
    this.#drains.delete(stream);
  }

  clear(): void {
    this.#senders.clear();
    this.#drains.clear();
  }

  /** Windows have grown, or the socket has drained. */
  serve(): void {
    for (const stream of this.#senders) {
      if (!this.open) break;
      this.#senders.delete(stream);
      // A set is walked in the order of insertion, what is added on the way included: behind all others.
      if (stream.takeTurn() === "more") this.#senders.add(stream);
    }
    for (const stream of this.#drains) {
      if (this.congested) return;
      this.#drains.delete(stream);
      stream.tellDrain();
    }
  }
}
