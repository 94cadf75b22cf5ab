import http2 from "node:http2";
import type { ClientConnection } from "../http2.ts";
import { alpnFault, type DialOptions, openSocket } from "../open-socket.ts";
import { CONNECTION_WINDOW_BYTES, STREAM_WINDOW_BYTES } from "../window.ts";
import { NodeClientConnection } from "./client-connection.ts";
import { SESSION_OPTIONS } from "./settings.ts";

/**
 * Opens a client's connection, by node:http2. Resolves once the peer's SETTINGS are here, so that the first burst of streams
 * already keeps to its limit. Rejects with a plain Error that says why, or with the signal's reason.
 */
export function dialNodeHttp2(options: DialOptions, signal: AbortSignal): Promise<ClientConnection> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const socket = openSocket(options);
    const session = http2.connect("http://peer", {
      createConnection: () => socket,
      settings: {
        enablePush: false,
        initialWindowSize: STREAM_WINDOW_BYTES,
        maxHeaderListSize: options.maxHeaderBytes,
      },
      ...SESSION_OPTIONS,
    });
    const connection = new NodeClientConnection(session, socket, options.events, options.clock);

    const settle = (): void => {
      timer.cancel();
      signal.removeEventListener("abort", onAbort);
      connection.onLost = undefined;
    };
    const fail = (reason: unknown): void => {
      settle();
      connection.destroy("the dial failed");
      reject(reason);
    };
    const onAbort = (): void => fail(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const timer = options.clock.setTimer(options.timeoutMs, () =>
      fail(new Error(`no HTTP/2 connection within ${options.timeoutMs} ms`)),
    );
    connection.onLost = (reason) => fail(new Error(reason));
    socket.once("secureConnect", () => {
      const fault = alpnFault(socket);
      if (fault) fail(new Error(fault));
    });
    session.once("remoteSettings", () => {
      settle();
      session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
      resolve(connection);
    });
  });
}
