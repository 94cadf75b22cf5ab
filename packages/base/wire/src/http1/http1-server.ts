import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions, type Server as TlsServer } from "node:tls";
import type { Timer } from "@parley/core";
import { Connection, type ConnectionOptions, keptHeaders } from "./connection.ts";
import type { ConnectionLimit } from "./connection-limit.ts";
import type { DefaultHeaders } from "./default-headers.ts";
import type { Http1Handler } from "./http1-handler.ts";
import type { TimeLimits } from "./time-limits.ts";

/** How often connections are looked at. A time limit is exceeded by two looks at most. */
const CHECK_EVERY_MS = 1_000;

export interface Http1ServerOptions {
  readonly limits: TimeLimits;
  readonly handler: Http1Handler;
  readonly defaults: DefaultHeaders;
  readonly connections: ConnectionLimit;
  /** A whole response: what a connection gets that is one too many. Over TLS it is closed before its handshake. */
  readonly overloaded: string;
  /** Certificate and key, for TLS. */
  readonly tls: TlsOptions | undefined;
}

/** A server of HTTP/1.1, plain or over TLS. */
export class Http1Server {
  /** Accepts the connections; over TLS a `tls.Server`. */
  readonly listener: Server | TlsServer;
  readonly #connections = new Set<Connection>();
  /** Below TLS; some of them are still in their handshake. */
  readonly #beneath = new Set<Socket>();
  readonly #options: ConnectionOptions;
  #check: Timer | undefined;

  constructor({ tls, limits, handler, defaults, connections, overloaded }: Http1ServerOptions) {
    const onGone = (connection: Connection): void => void this.#connections.delete(connection);
    this.#options = { limits, handler, defaults, keptHeaders: keptHeaders(limits), onGone };
    if (tls) {
      const settings = {
        ...tls,
        ALPNProtocols: ["http/1.1"],
        handshakeTimeout: limits.headersTimeoutMs,
        noDelay: true,
      };
      this.listener = createTlsServer(settings, (socket) => this.#accept(socket));
      this.listener.on("tlsClientError", () => {}); // who does not get through the handshake is told by TLS
      this.listener.on("connection", (socket: Socket) => {
        if (!connections.admit(socket)) return void socket.destroy();
        this.#beneath.add(socket);
        socket.once("close", () => this.#beneath.delete(socket));
      });
    } else {
      this.listener = createServer({ noDelay: true }, (socket) => {
        if (connections.admit(socket)) this.#accept(socket);
        else refuse(socket, overloaded);
      });
    }
    this.listener.on("listening", () => this.#watch());
    this.listener.on("close", () => this.#check?.cancel());
  }

  /** Closes the connections on which no request has begun. */
  closeIdle(): void {
    for (const connection of this.#connections) connection.closeIfIdle();
  }

  /** Cuts off all connections, whatever they are doing. */
  closeAll(): void {
    for (const { socket } of this.#connections) socket.destroy();
    for (const socket of this.#beneath) socket.destroy();
  }

  #accept(socket: Socket): void {
    this.#connections.add(new Connection(socket, this.#options));
  }

  #watch(): void {
    const { clock } = this.#options.limits;
    this.#check = clock.setTimer(CHECK_EVERY_MS, () => this.#watch()).unref();
    const nowMs = clock.now();
    for (const connection of this.#connections) connection.checkLimits(nowMs);
  }
}

/** Says once why, and does not wait for the client to read it. */
function refuse(socket: Socket, response: string): void {
  socket.on("error", () => {});
  socket.end(response, () => socket.destroy());
}
