import type { Timer } from "@parley/core";
import type { ClientConnection } from "../http2.ts";
import { alpnFault, type DialOptions, openSocket } from "../open-socket.ts";
import { SocketClientConnection } from "./client-connection.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

/**
 * Opens a client's connection that speaks HTTP/2 itself. Resolves once the peer's SETTINGS are here, so that the first
 * burst of streams already keeps to its limit. Rejects with a plain Error that says why, or with the signal's reason.
 */
export function dialSocketHttp2(options: DialOptions, signal: AbortSignal): Promise<ClientConnection> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const { events, clock, timeoutMs } = options;
    const socket = openSocket(options);
    let dialling = true;
    const settle = (): void => {
      dialling = false;
      timer?.cancel();
      timer = undefined;
      signal.removeEventListener("abort", onAbort);
    };
    const fail = (reason: unknown): void => {
      if (!dialling) return;
      settle();
      connection.destroy("the dial failed");
      reject(reason);
    };
    const onAbort = (): void => fail(signal.reason);
    let timer: Timer | undefined = clock.setTimer(timeoutMs, () =>
      fail(new Error(`no HTTP/2 connection within ${timeoutMs} ms`)),
    );
    signal.addEventListener("abort", onAbort, { once: true });
    const connection = new SocketClientConnection(
      { socket, limits: { ...DEFAULT_LIMITS, maxHeaderListBytes: options.maxHeaderBytes }, clock },
      {
        onMaxStreams(limit) {
          events.onMaxStreams(limit);
          if (!dialling) return;
          settle();
          resolve(connection);
        },
        onGoaway: (code, debug) => events.onGoaway(code, debug),
        onClose(reason) {
          fail(new Error(reason));
          events.onClose(reason);
        },
      },
    );
    socket.once("secureConnect", () => {
      const fault = alpnFault(socket);
      if (fault) fail(new Error(fault));
    });
  });
}
