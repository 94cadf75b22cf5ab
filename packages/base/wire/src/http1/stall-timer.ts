import type { Socket } from "node:net";
import { systemClock, type Timer } from "@parley/core";

/** Looks within one limit: a client is cut off at most so much of it late. */
const LOOKS = 8;

/**
 * Cuts off a client that takes nothing of what was written to it for as long as the limit. A timer of the socket's own would not do:
 * Node sets it anew for whatever comes in, and once more after a write that the system took in part, so that it ends at twice its
 * time. It goes by the machine's time, as the network does.
 */
export class StallTimer {
  readonly #socket: Socket;
  readonly #limitMs: number;
  #timer: Timer | undefined;
  #unsent = 0;
  #movedMs = 0;

  constructor(socket: Socket, limitMs: number) {
    this.#socket = socket;
    this.#limitMs = limitMs;
  }

  start(): void {
    this.stop();
    this.#unsent = unsentOctets(this.#socket);
    this.#movedMs = systemClock.now();
    this.#arm(this.#limitMs / LOOKS);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(delayMs: number): void {
    this.#timer = systemClock.setTimer(delayMs, this.#look).unref();
  }

  readonly #look = (): void => {
    const unsent = unsentOctets(this.#socket);
    const nowMs = systemClock.now();
    if (unsent < this.#unsent) this.#movedMs = nowMs;
    this.#unsent = unsent;
    const leftMs = this.#movedMs + this.#limitMs - nowMs;
    if (leftMs <= 0) this.#socket.destroy();
    else this.#arm(Math.min(leftMs, this.#limitMs / LOOKS));
  };
}

/**
 * What the system has not taken yet. Of a write that it took in part a stream still counts the whole; only the handle beneath it, by
 * which Node judges its own timers, knows the rest.
 */
function unsentOctets(socket: Socket): number {
  const { _handle: handle } = socket as Socket & { readonly _handle?: { readonly writeQueueSize?: number } | null };
  return socket.writableLength + (handle?.writeQueueSize ?? 0);
}
