import { MAX_STREAM_WINDOW_BYTES } from "../window.ts";

/** Below this share of the window, what a round trip carries is bounded by the sender and not by the window. */
const NEAR = 2 / 3;

export interface PingedPeer {
  /** Calls back with the answer; false if no PING can be sent. */
  ping(onAck: () => void): boolean;
}

/**
 * How much a peer may send on one stream before it hears from us. It begins small, since it is also what a slow reader makes
 * us hold, and follows the bandwidth-delay product: whenever a stream has used half of its window, a PING goes out, and what
 * arrives until its answer is what one round trip carries. Where that comes near the window, the window is what holds the
 * sender up, and it is doubled. Streams that are open grow with their next WINDOW_UPDATE; small messages never measure.
 *
 * @see RFC 9113, section 6.9.2, and the estimate of gRPC's own implementations
 *   (https://grpc.io/blog/grpc-go-perf-improvements/)
 */
export class StreamWindow {
  readonly #peer: PingedPeer;
  #bytes: number;
  #arrived = 0;
  #measuring = false;

  constructor(initialBytes: number, peer: PingedPeer) {
    this.#bytes = initialBytes;
    this.#peer = peer;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Data has come in, on whatever stream. */
  take(bytes: number): void {
    this.#arrived += bytes;
  }

  /** Begins to measure a round trip, unless one is being measured or the window is as large as it may be. */
  measure(): void {
    if (this.#measuring || this.#bytes >= MAX_STREAM_WINDOW_BYTES) return;
    this.#arrived = 0;
    this.#measuring = this.#peer.ping(() => {
      this.#measuring = false;
      if (this.#arrived >= this.#bytes * NEAR) this.#bytes = Math.min(this.#bytes * 2, MAX_STREAM_WINDOW_BYTES);
    });
  }
}
