import { createServer, type IncomingMessage, type Server, type ServerOptions } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { Door } from "../exchange/door.ts";
import type { ResolvedGatewayOptions } from "../options.ts";
import { createClientErrorHandler, MAX_HEADER_BYTES } from "./client-error.ts";
import { renewTls } from "./renew-tls.ts";
import { readTlsFiles, type TlsSettings } from "./tls-files.ts";

/** How often slow senders are looked for; a limit is exceeded by this much at most. */
const CHECK_EVERY_MS = 1_000;

/**
 * Node's HTTP server with its limits; everything else is the door's. A framework in between would cost 15 µs a request,
 * and its router, body parser and error handling could not be used: HTTP rules ask for more than they know.
 *
 * @param isUpgrade whether a request leaves HTTP; then the server's `upgrade` event has it.
 * @throws TypeError if the TLS files cannot be used.
 */
export function createHttpServer(
  options: ResolvedGatewayOptions,
  door: Door,
  isUpgrade: (request: IncomingMessage) => boolean = () => false,
): Server {
  const { headersTimeoutMs, bodyTimeoutMs, keepAliveTimeoutMs, timeoutMs, stallTimeoutMs, tls } = options;
  const limits: ServerOptions = {
    headersTimeout: headersTimeoutMs,
    // The whole request; the body's own limit is kept by who reads it.
    requestTimeout: headersTimeoutMs + bodyTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: CHECK_EVERY_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    // Any other upgrade that is asked for (h2c, by some clients always) is not taken: the request is an ordinary one.
    shouldUpgradeCallback: isUpgrade,
    // A request without a body has no stream to end: 4 µs less.
    optimizeEmptyRequests: true,
  };
  const server = tls ? openTlsServer(readTlsFiles(tls)) : createServer(limits, door.answer);
  // An answer that nobody reads: no byte moves for longer than any endpoint may think.
  server.timeout = timeoutMs + stallTimeoutMs;
  server.on("clientError", createClientErrorHandler(options.json) as never);
  return server;

  function openTlsServer(settings: TlsSettings): TlsServer {
    const tlsServer = createTlsServer({ ...limits, ...settings }, door.answer);
    renewTls(tlsServer, settings, options);
    return tlsServer;
  }
}
