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

/** The first streams of one bucket each; the others follow by `next`. */
type Buckets = (SocketStream | undefined)[];

/** Of a connection without streams. It stays empty. */
const NO_BUCKETS: Buckets = [];

const FEWEST_BUCKETS = 8;

/**
 * The streams of a connection: those that are open, and those that we have reset. What the peer had sent on the latter
 * before it knew of the reset must be ignored (RFC 9113, section 5.1), where on other closed streams it is a fault.
 */
export class StreamTable {
  /** A power of two. And no Map: of what members that come and go do to one, see `Line` of the core. */
  #buckets = NO_BUCKETS;
  #size = 0;
  #reset: Map<number, Late> | undefined;
  /** The highest id that fell out of `#reset`. A closed stream up to it gets the benefit of the doubt. */
  #forgotten = 0;

  get size(): number {
    return this.#size;
  }

  get(streamId: number): SocketStream | undefined {
    let stream = this.#buckets[this.#bucketOf(streamId)];
    while (stream && stream.id !== streamId) stream = stream.next;
    return stream;
  }

  add(stream: SocketStream): void {
    if (this.#size === this.#buckets.length) this.#grow();
    this.#put(stream);
    this.#size += 1;
  }

  /** Answers whether it was there. */
  delete(stream: SocketStream): boolean {
    const bucket = this.#bucketOf(stream.id);
    let before: SocketStream | undefined;
    let found = this.#buckets[bucket];
    while (found && found !== stream) [before, found] = [found, found.next];
    if (!found) return false;
    if (before) before.next = stream.next;
    else this.#buckets[bucket] = stream.next;
    stream.next = undefined;
    this.#size -= 1;
    // What a crowd has left behind is not kept for the few.
    if (this.#size === 0 && this.#buckets.length > FEWEST_BUCKETS) this.#buckets = NO_BUCKETS;
    return true;
  }

  /** A copy, in the order of ids: streams may come and go while it is walked. */
  all(): SocketStream[] {
    const all: SocketStream[] = [];
    for (let stream of this.#buckets) for (; stream; stream = stream.next) all.push(stream);
    return all.sort((a, b) => a.id - b.id);
  }

  clear(): void {
    this.#buckets = NO_BUCKETS;
    this.#size = 0;
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

  #grow(): void {
    const streams = this.all();
    this.#buckets = new Array(Math.max(FEWEST_BUCKETS, 2 * this.#buckets.length)).fill(undefined);
    for (const stream of streams) this.#put(stream);
  }

  #put(stream: SocketStream): void {
    const bucket = this.#bucketOf(stream.id);
    stream.next = this.#buckets[bucket];
    this.#buckets[bucket] = stream;
  }

  /** Ids that follow each other, odd ones all, fall into buckets that follow each other. */
  #bucketOf(streamId: number): number {
    return (streamId >>> 1) & (this.#buckets.length - 1);
  }
}
