import { LinkedQueue, type QueueNode } from "@parley/core/internal";
import { DEFAULT_WINDOW_BYTES, MAX_WINDOW_BYTES } from "../frames/frame-types.ts";
import { ConnectionError } from "../frames/http2-error.ts";

/** A stream, as far as it has something to send. */
export interface Sender {
  /** Where it waits, for its turn or for the socket; the outflow's own. */
  place: QueueNode | undefined;
  /** Sends at most a frame of data, and does what comes after the last. `"more"` if it could go on at once. */
  takeTurn(): "more" | "done";
  /** Tells the writer that it may write again. */
  tellDrain(): void;
}

/** No window holds more frames of data than this many, unless they are far smaller than they may be. */
const MOST_ANSWERABLE = 10_000;

/**
 * The data of all streams on its way to one socket: the window of the connection (RFC 9113, section 6.9.1), and whose turn
 * it is. Streams that wait take turns of one frame each, so that a large answer does not hold up a small one. A stream
 * whose own window is full is not in here until it grows, so what waits costs nothing.
 */
export class Outflow {
  readonly #output: { readonly congested: boolean };
  /** They have data and a window for it, in the order of their turns. Made for the first, as is the other line. */
  #senders: LinkedQueue<Sender> | undefined;
  /** They have sent all, and wait for the socket to take more. */
  #drains: LinkedQueue<Sender> | undefined;
  #window = DEFAULT_WINDOW_BYTES;
  /** Frames of data that the peer may still answer, at most. */
  #answerable = 0;

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

  /** A frame of data has gone out. */
  spend(bytes: number): void {
    this.#window -= bytes;
    if (this.#answerable < MOST_ANSWERABLE) this.#answerable += 1;
  }

  /**
   * Takes a WINDOW_UPDATE for a stream that has ended here: until the peer has read the end, it may grant a window for each
   * frame that came before it (RFC 9113, section 5.1). More of them bring nothing forward.
   */
  takeLateUpdate(): boolean {
    if (this.#answerable === 0) return false;
    this.#answerable -= 1;
    return true;
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
    this.#senders ??= new LinkedQueue();
    this.#wait(stream, this.#senders);
  }

  awaitDrain(stream: Sender): void {
    this.#drains ??= new LinkedQueue();
    this.#wait(stream, this.#drains);
  }

  forget(stream: Sender): void {
    stream.place?.remove();
    stream.place = undefined;
  }

  clear(): void {
    this.#senders = undefined;
    this.#drains = undefined;
  }

  /** Windows have grown, or the socket has drained. */
  serve(): void {
    while (this.open) {
      const stream = this.#senders?.shift();
      if (!stream) break;
      if (stream.takeTurn() === "more") this.awaitTurn(stream);
    }
    while (!this.congested) {
      const stream = this.#drains?.shift();
      if (!stream) break;
      stream.tellDrain();
    }
  }

  /** In one line at a time: who gets a turn waits for the socket after it, if need be. */
  #wait(stream: Sender, line: LinkedQueue<Sender>): void {
    if (stream.place?.queue === line) return;
    stream.place?.remove();
    stream.place = line.push(stream);
  }
}
