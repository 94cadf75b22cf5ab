import net from "node:net";
import tls from "node:tls";
import type { Clock } from "@parley/core";
import type { TlsMaterial } from "../tls/tls-files.ts";
import type { ClientConnectionEvents } from "./http2.ts";

/** What it takes to dial, whatever speaks HTTP/2 on the socket. */
export interface DialOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly material: TlsMaterial; readonly serverName?: string | undefined } | undefined;
  /** For the TCP and TLS handshakes and the peer's SETTINGS together. */
  readonly timeoutMs: number;
  readonly maxHeaderBytes: number;
  readonly clock: Clock;
  readonly events: ClientConnectionEvents;
}

/** Begins to connect, over TLS if asked (RFC 9113, section 3.2: ALPN `h2`). */
export function openSocket({ host, port, tls: secure }: DialOptions): net.Socket {
  if (!secure) return net.connect({ host, port, noDelay: true });
  const { material, serverName = host } = secure;
  const socket = tls.connect({
    host,
    port,
    ALPNProtocols: ["h2"],
    ...(net.isIP(serverName) === 0 && { servername: serverName }),
    checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(serverName, certificate),
    ...(material.ca && { ca: material.ca }),
    ...(material.cert && { cert: material.cert }),
    ...(material.key && { key: material.key }),
  });
  return socket.setNoDelay(true);
}

/** What is wrong with a socket whose TLS handshake is over; undefined if the peer speaks HTTP/2. */
export function alpnFault(socket: net.Socket): string | undefined {
  if (!(socket instanceof tls.TLSSocket) || socket.alpnProtocol === "h2") return undefined;
  return "the TLS peer does not speak HTTP/2 (ALPN h2)";
}
