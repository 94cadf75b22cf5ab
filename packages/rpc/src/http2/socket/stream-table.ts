import type { SocketStream } from "./socket-stream.ts";

/** How many of our resets are remembered one by one; of older ones only how far they went. */
const REMEMBERED_RESETS = 1_000;

/**
 * The streams of a connection: those that are open, and those that we have reset. What the peer had sent on the latter
 * before it knew of the reset must be ignored (RFC 9113, section 5.1), where on other closed streams it is a fault.
 */
export class StreamTable {
  readonly #open = new Map<number, SocketStream>();
  #reset: Set<number> | undefined;
  /** The highest id that fell out of `#reset`. A closed stream up to it gets the benefit of the doubt. */
  #forgotten = 0;

  get size(): number {
    return this.#open.size;
  }

  get(streamId: number): SocketStream | undefined {
    return this.#open.get(streamId);
  }

  add(stream: SocketStream): void {
    this.#open.set(stream.id, stream);
  }

  /** Answers whether it was there. */
  delete(stream: SocketStream): boolean {
    return this.#open.delete(stream.id);
  }

  /** A copy: streams may come and go while it is walked. */
  all(): SocketStream[] {
    return [...this.#open.values()];
  }

  clear(): void {
    this.#open.clear();
  }

  rememberReset(streamId: number): void {
    this.#reset ??= new Set();
    this.#reset.add(streamId);
    if (this.#reset.size <= REMEMBERED_RESETS) return;
    const [oldest = 0] = this.#reset;
    this.#reset.delete(oldest);
    this.#forgotten = Math.max(this.#forgotten, oldest);
  }

  /** Whether we have reset a stream that is not open, as far as we remember. */
  wasReset(streamId: number): boolean {
    return this.#reset?.has(streamId) === true || streamId <= this.#forgotten;
  }
}
