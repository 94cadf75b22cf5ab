import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/**
 * As much of a socket as a connection uses, without a network: what the peer sends is pushed in, what it is sent is kept.
 */
export class MemorySocket extends Duplex {
  readonly remoteAddress = "fuzz";
  readonly remotePort = 1;
  readonly #sent: Buffer[] = [];
  /** The peer reads nothing until it is told to. */
  #stalled: (() => void) | "reading" | "stalled" = "reading";

  constructor() {
    super({ allowHalfOpen: false });
  }

  /** To those who ask for a socket. */
  get asSocket(): Socket {
    return this as unknown as Socket;
  }

  /** Everything that was written. */
  get sent(): Buffer {
    return Buffer.concat(this.#sent);
  }

  stall(): void {
    this.#stalled = "stalled";
  }

  resumePeer(): void {
    const resume = this.#stalled;
    this.#stalled = "reading";
    if (typeof resume === "function") resume();
  }

  override _read(): void {
    // Pushed by whoever plays the peer.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#sent.push(chunk);
    if (this.#stalled === "reading") done();
    else this.#stalled = done;
  }
}
