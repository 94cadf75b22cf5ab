import type { Duplex } from "node:stream";
import type { Clock } from "@parley/core";

/** How long the peer may take to close its half of a socket once we have closed ours. */
const LINGER_MS = 1_000;

/** How long the last that we wrote may take to leave: a peer that does not read would hold it for ever. */
const FLUSH_LIMIT_MS = 5_000;

/** Node waits for ever for a peer that never closes its half; this does not. For sockets that another will end. */
export function limitLinger(socket: Duplex, clock: Clock): void {
  socket.once("finish", () => destroyAfter(socket, LINGER_MS, clock));
}

/** Ends our half, and the whole socket in any case, however the peer behaves. What is written leaves before. */
export function endSocket(socket: Duplex, clock: Clock): void {
  if (socket.destroyed) return;
  limitLinger(socket, clock);
  destroyAfter(socket, FLUSH_LIMIT_MS, clock);
  socket.end();
}

function destroyAfter(socket: Duplex, delayMs: number, clock: Clock): void {
  const timer = clock.setTimer(delayMs, () => socket.destroy()).unref();
  socket.once("close", () => timer.cancel());
}
