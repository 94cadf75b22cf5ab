import type { SocketStream } from "./socket-stream.ts";

/** How many of our resets are remembered one by one; of older ones only how far they went. */
const REMEMBERED_RESETS = 1_000;

/** What may still come on a stream that we have reset, because the peer had sent it before it knew. */
interface Late {
  /** What the peer had left of the stream's window. */
  dataBytes: number;
  /** Other frames: headers, trailers, a reset of its own, an update of our window. */
  frames: number;
}

const LATE_FRAMES = 4;

/** It stays empty. */
const NO_STREAMS: Map<number, SocketStream> = new Map();

/**
 * The streams of a connection: those that are open, and those that we have reset. What the peer had sent on the latter
 * before it knew of the reset must be ignored (RFC 9113, section 5.1), where on other closed streams it is a fault.
 */
export class StreamTable {
  /** Of a connection that is idle, the one that all share. */
  #open: Map<number, SocketStream> = NO_STREAMS;
  #reset: Map<number, Late> | undefined;
  /** The highest id that fell out of `#reset`. A closed stream up to it gets the benefit of the doubt. */
  #forgotten = 0;

  get size(): number {
    return this.#open.size;
  }

  get(streamId: number): SocketStream | undefined {
    return this.#open.get(streamId);
  }

  add(stream: SocketStream): void {
    if (this.#open === NO_STREAMS) this.#open = new Map();
    this.#open.set(stream.id, stream);
  }

  /** Answers whether it was there. */
  delete(stream: SocketStream): boolean {
    const wasThere = this.#open.delete(stream.id);
    if (this.#open.size === 0) this.#open = NO_STREAMS;
    return wasThere;
  }

  /** A copy: streams may come and go while it is walked. */
  all(): SocketStream[] {
    return [...this.#open.values()];
  }

  clear(): void {
    this.#open = NO_STREAMS;
  }

  /** @param windowBytes what the peer may have sent before it hears of the reset. */
  rememberReset(streamId: number, windowBytes: number): void {
    this.#reset ??= new Map();
    this.#reset.set(streamId, { dataBytes: windowBytes, frames: LATE_FRAMES });
    if (this.#reset.size <= REMEMBERED_RESETS) return;
    const [oldest = 0] = this.#reset.keys();
    this.#reset.delete(oldest);
    this.#forgotten = Math.max(this.#forgotten, oldest);
  }

  /** Takes data that has come on a stream which we have reset; whether it can have been sent before the peer knew. */
  takeLateData(streamId: number, windowBytes: number): boolean {
    const late = this.#reset?.get(streamId);
    if (!late || windowBytes === 0 || windowBytes > late.dataBytes) return false;
    late.dataBytes -= windowBytes;
    return true;
  }

  /** The same for a frame of another kind. */
  takeLateFrame(streamId: number): boolean {
    const late = this.#reset?.get(streamId);
    if (!late || late.frames === 0) return false;
    late.frames -= 1;
    return true;
  }

  /** Whether we have reset a stream that is not open, as far as we remember. */
  wasReset(streamId: number): boolean {
    return this.#reset?.has(streamId) === true || streamId <= this.#forgotten;
  }
}
