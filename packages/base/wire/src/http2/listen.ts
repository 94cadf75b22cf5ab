import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import type { Clock, Logger, Timer } from "@parley/core";
import { type TlsMaterial, tlsServerOptions } from "../tls/tls-files.ts";
import type { AcceptStream, Caller, Http2Server } from "./http2.ts";

export interface Http2ServerOptions {
  /** Plain text (h2c with prior knowledge) if left out. With a `ca`, a client certificate is demanded. */
  readonly tls?: TlsMaterial | undefined;
  readonly maxConcurrentStreams: number;
  readonly maxHeaderBytes: number;
  /** Cancels that a client may send: so many at once, then so many per second; more, and its connection is closed. */
  readonly streamResets: { readonly burst: number; readonly perSecond: number };
  /** Every connection is pinged at this interval, and closed if it does not answer in time. */
  readonly keepalive: { readonly intervalMs: number; readonly timeoutMs: number };
  /** A connection older than this is drained, so that clients spread over new servers. Looked at at each keepalive. */
  readonly maxConnectionAgeMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly accept: AcceptStream;
}

/** One connection of a server, whatever speaks HTTP/2 on it. */
export interface ServedConnection {
  ageMs(): number;
  /** Sends a keepalive PING; {@link reap} judges the answer. */
  probe(): void;
  /** Ends the connection if its PING is still unanswered. */
  reap(): void;
  /** GOAWAY in two steps, then the end once the last stream has finished. Idempotent. */
  drain(): void;
  destroy(reason: string): void;
}

export function callerOf(socket: net.Socket): Caller {
  return { address: `${socket.remoteAddress ?? "unknown"}:${socket.remotePort ?? 0}`, running: 0 };
}

/** Speaks HTTP/2 on an accepted socket, and calls `onClose` when the connection is gone. */
export type ServeSocket = (socket: net.Socket, onClose: (connection: ServedConnection) => void) => ServedConnection;

/** A TLS client gets this long for its handshake; Node's default of two minutes lets idle sockets pile up. */
const HANDSHAKE_LIMIT_MS = 10_000;

/**
 * Listens, keeps the connections alive or ends the dead, and drains them: all of a server but the protocol itself, which is
 * loaded before the first socket is accepted.
 */
export function createListener(
  options: Http2ServerOptions,
  loadProtocol: () => ServeSocket | Promise<ServeSocket>,
): Http2Server {
  const { clock, logger, keepalive } = options;
  const connections = new Set<ServedConnection>();
  /** Every socket, also those that have not finished their TLS handshake. */
  const sockets = new Set<net.Socket>();
  let keepaliveTimer: Timer | undefined;
  let stopped: Promise<unknown> | undefined;

  let serveSocket: ServeSocket | undefined;
  // One function for all: a closure for each would be a part of what an idle connection holds.
  const forget = (closed: ServedConnection): void => void connections.delete(closed);
  const serve = (socket: net.Socket): void => {
    const connection = (serveSocket as ServeSocket)(socket, forget);
    connections.add(connection);
    if (stopped) connection.drain();
  };

  function forgetSocket(this: net.Socket): void {
    sockets.delete(this);
  }
  const listener = options.tls
    ? createTlsListener(options.tls, serve, logger)
    : net.createServer({ noDelay: true }, serve);

  listener.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", forgetSocket);
  });

  const probe = (): void => {
    for (const connection of connections) {
      if (connection.ageMs() > options.maxConnectionAgeMs) connection.drain();
      connection.probe();
    }
    keepaliveTimer = clock.setTimer(keepalive.timeoutMs, reap).unref();
  };
  const reap = (): void => {
    for (const connection of connections) connection.reap();
    keepaliveTimer = clock.setTimer(keepalive.intervalMs, probe).unref();
  };

  const stop = (): Promise<unknown> => {
    stopped ??= listener.listening ? once(listener.close(), "close") : Promise.resolve();
    return stopped;
  };

  return {
    async listen({ port, host }) {
      serveSocket = await loadProtocol();
      listener.listen({ port, host });
      await once(listener, "listening");
      if (stopped) {
        await once(listener.close(), "close");
        throw new Error("the server was stopped before it listened");
      }
      listener.on("error", (error) => logger.error({ err: error }, "the listener failed"));
      keepaliveTimer = clock.setTimer(keepalive.intervalMs, probe).unref();
      const address = listener.address() as net.AddressInfo;
      return { port: address.port, host: address.address };
    },
    async drain() {
      const ended = stop();
      for (const connection of connections) connection.drain();
      await ended;
      keepaliveTimer?.cancel();
    },
    destroy() {
      void stop();
      keepaliveTimer?.cancel();
      for (const connection of connections) connection.destroy("the server is stopping");
      for (const socket of sockets) socket.destroy();
    },
    setTls(material) {
      if (listener instanceof tls.Server) listener.setSecureContext(tlsServerOptions(material));
    },
  };
}

function createTlsListener(material: TlsMaterial, serve: (socket: net.Socket) => void, logger: Logger): tls.Server {
  const listener = tls.createServer({
    ...tlsServerOptions(material),
    ALPNProtocols: ["h2"],
    noDelay: true,
    handshakeTimeout: HANDSHAKE_LIMIT_MS,
  });
  listener.on("secureConnection", (socket) => {
    if (socket.alpnProtocol === "h2") return serve(socket);
    socket.on("error", () => {});
    socket.destroy();
  });
  listener.on("tlsClientError", (error, socket) => {
    logger.warn({ err: error, peer: socket.remoteAddress }, "a TLS handshake failed");
  });
  return listener;
}
