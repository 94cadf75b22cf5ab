import { ConnectionError } from "../frames/http2-error.ts";

/**
 * What the peer may still send over all streams together (RFC 9113, section 6.9.1). It is given back as data comes, read or
 * not: a reader that does not keep up is held by the window of its own stream, and must not hold up the others.
 */
export class ReceiveWindow {
  readonly #maxBytes: number;
  readonly #out: { windowUpdate(streamId: number, increment: number): void };
  #bytes: number;

  constructor(maxBytes: number, out: { windowUpdate(streamId: number, increment: number): void }) {
    this.#maxBytes = maxBytes;
    this.#bytes = maxBytes;
    this.#out = out;
  }

  /** Data has come in, padding included, on whatever stream. Half of the window is given back at once: few, large updates. */
  take(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#bytes < 0) {
      throw new ConnectionError("FLOW_CONTROL_ERROR", "more data than the window of the connection");
    }
    const used = this.#maxBytes - this.#bytes;
    if (used < this.#maxBytes / 2) return;
    this.#bytes = this.#maxBytes;
    this.#out.windowUpdate(0, used);
  }
}
