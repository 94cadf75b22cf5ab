import { ParleyError } from "@parley/core";
import { readTlsFiles } from "@parley/wire/internal";
import type { ClientConnection, DialOptions } from "@parley/wire/internal/http2";
import { dialSocketHttp2 } from "@parley/wire/internal/http2";
import type { Address, Connect, Connection, ConnectOptions } from "./connection.ts";
import { GrpcConnection } from "./grpc-connection.ts";

/** The most that the headers of a response may have; as much as our server takes in a request. */
const MAX_HEADER_BYTES = 16 * 1024;

type Dial = (options: DialOptions, signal: AbortSignal) => Promise<ClientConnection>;

/** Connects over TCP, with TLS if asked. The TLS files are read each time, so that a renewed certificate is used. */
export const connectHttp2: Connect = (options, signal) => connectBy(dialSocketHttp2, options, signal);

/** The same by `node:http2`, for comparison and for a doubt about our own. It is loaded when it is first asked for. */
export const connectNodeHttp2: Connect = async (options, signal) => {
  const { dialNodeHttp2 } = await import("@parley/wire/internal/node-http2");
  return connectBy(dialNodeHttp2, options, signal);
};

async function connectBy(dial: Dial, options: ConnectOptions, signal: AbortSignal): Promise<Connection> {
  const address = formatAddress(options.address);
  const connection = new GrpcConnection(options, address);
  try {
    const http2 = await dial(
      {
        ...options.address,
        tls: tlsOf(options),
        timeoutMs: options.dialTimeoutMs,
        maxHeaderBytes: MAX_HEADER_BYTES,
        clock: options.clock,
        events: connection,
      },
      signal,
    );
    return connection.start(http2);
  } catch (error) {
    connection.wheel.close();
    if (signal.aborted) throw signal.reason;
    throw new ParleyError("UNAVAILABLE", `cannot connect to ${address}: ${(error as Error).message}`, {
      cause: error,
      progress: "refused",
    });
  }
}

function tlsOf({ tls, authority }: ConnectOptions) {
  if (!tls) return undefined;
  return { material: readTlsFiles(tls), serverName: tls.serverName ?? authority?.replace(/:\d+$/, "") };
}

function formatAddress({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
