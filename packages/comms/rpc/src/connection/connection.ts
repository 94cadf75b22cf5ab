/**
 * One connection to one address, and how to get one. The channel above decides which connection carries a call; the
 * connection decides nothing, it carries.
 */
import type { Clock, Logger, ParleyError } from "@parley/core";
import type { AttemptHandler } from "./attempt-handler.ts";

/** Where a server listens. */
export interface Address {
  /** A name or an IP address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** TLS as a client sees it; every file holds PEM. */
export interface ClientTls {
  /** The roots to trust. Default those of Node. */
  readonly caPath?: string | undefined;
  /** The client's own certificate, for mutual TLS; needs `keyPath` too. */
  readonly certPath?: string | undefined;
  readonly keyPath?: string | undefined;
  /** The name the server's certificate must be for. Default the host of the address or the authority. */
  readonly serverName?: string | undefined;
}

/**
 * How a dead peer is found: a PING goes out when nothing has come in for `intervalMs` while calls are in flight, and
 * the connection ends if no answer comes within `timeoutMs`.
 * @see gRPC proposal A8
 */
export interface Keepalive {
  /** Default 20 s in channels. A server that calls it too many pings (ENHANCE_YOUR_CALM) has it doubled. */
  readonly intervalMs: number;
  /** Default 10 s in channels. */
  readonly timeoutMs: number;
}

/** Everything a connection is told. Resolved by the channel, so nothing has a default here. */
export interface ConnectOptions {
  readonly address: Address;
  /** The `:authority` of its calls: the host of the target, before it was resolved. Default `host:port` of the address. */
  readonly authority?: string | undefined;
  /** Plain text if left out. */
  readonly tls?: ClientTls | undefined;
  /** How long the TCP and TLS handshakes and the server's SETTINGS may take together. */
  readonly dialTimeoutMs: number;
  readonly keepalive: Keepalive;
  /** A longer message, compressed or not, is refused with RESOURCE_EXHAUSTED from its length prefix. */
  readonly maxReceiveBytes: number;
  /** How request messages are sent. Replies are read either way. */
  readonly compression: "gzip" | "identity";
  /** The service that makes the calls, sent as `x-service-name` where a call's context names none. */
  readonly caller?: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called after a call has ended or the peer has raised its limit: a call that waits for room may start now. */
  readonly onCapacity: () => void;
}

/** Why a connection takes no more calls. */
export interface ConnectionEnd {
  /** For logs: `the server is going away`, `no answer to keepalive`. */
  readonly reason: string;
  /** Set if it ended by a fault; a graceful end has none. */
  readonly error?: ParleyError | undefined;
  /** The server was pinged too often (ENHANCE_YOUR_CALM, `too_many_pings`): double the interval of the next connection. */
  readonly advice?: "slower_keepalive" | undefined;
}

/**
 * An open connection. It opens, is ready, then takes no more calls (`closed` resolves), and its last calls finish.
 */
export interface Connection {
  /** `host:port`, for logs and errors. */
  readonly address: string;
  /**
   * Carries one attempt. It ends the attempt itself, at once, when the deadline of the call's context passes or its signal
   * aborts: the caller arms nothing. A rejection has progress `"refused"` if the server certainly did not act on it;
   * headers and trailers that came with it lie beside it (`metadataOf`). A streaming reply resolves with the response
   * headers; a trailers-only failure rejects.
   */
  readonly carry: AttemptHandler;
  /**
   * Calls now in flight, and how many the peer allows at once: none as soon as the connection takes no more. A call over the limit
   * is rejected as refused.
   */
  readonly load: { readonly active: number; readonly limit: number };
  /** Resolves once no further call may start here (GOAWAY, error, close), with why; calls in flight may still finish. */
  readonly closed: Promise<ConnectionEnd>;
  /** Takes no more calls, lets those in flight finish for `graceMs`, then cancels the rest. Idempotent. */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/**
 * Opens a connection. Rejects with UNAVAILABLE, progress `"refused"`, naming the address and the cause, if that fails or
 * takes longer than `dialTimeoutMs`; with the signal's reason if it aborts first.
 */
export type Connect = (options: ConnectOptions, signal: AbortSignal) => Promise<Connection>;
