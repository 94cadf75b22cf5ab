import { X509Certificate } from "node:crypto";
import { Server as TlsServer } from "node:tls";
import { readTlsFiles, type TlsMaterial, tlsServerOptions, watchTlsFiles } from "@parley/wire/internal";
import type { ConnectionLimit } from "@parley/wire/internal/http1";
import { EdgeError, Http1Server, renderHead } from "@parley/wire/internal/http1";
import type { ResolvedKernelOptions } from "../kernel-options.ts";
import { JSON_TYPE, renderProblem, toProblem } from "../problem.ts";
import type { RequestHandler } from "../request/request-handler.ts";
import type { Upgrades } from "../upgrades.ts";

/** A server, and what metrics tell of it. */
export interface EdgeServer {
  readonly server: Http1Server;
  /** Undefined without TLS. */
  certificateExpiresMs(): number | undefined;
}

/**
 * The server in front of the door.
 *
 * @param upgrades takes requests for another protocol.
 * @throws TypeError if the TLS files cannot be used.
 */
export function createHttpServer(
  options: ResolvedKernelOptions,
  door: RequestHandler,
  upgrades: Upgrades,
  connections: ConnectionLimit,
): EdgeServer {
  let certificate = options.tls && readTlsFiles(options.tls);
  const server = new Http1Server({
    limits: options,
    tls: certificate && tlsServerOptions(certificate),
    defaults: door.defaultHeaders,
    connections,
    overloaded: renderOverloaded(options, door),
    handler: {
      request: door.answer,
      accepts: upgrades.accepts,
      upgrade: (request, socket, head) => void upgrades.handle(request, socket, head),
      refuse(error, response) {
        const problem = toProblem(error);
        response.send(problem.status, ["content-type", JSON_TYPE], renderProblem(problem, options.json.errors));
      },
    },
  });
  const { listener } = server;
  if (certificate && options.tls && listener instanceof TlsServer) {
    const watching = watchTlsFiles(options.tls, {
      ...options,
      current: certificate,
      onChange(renewed) {
        listener.setSecureContext(tlsServerOptions(renewed));
        certificate = renewed;
      },
    });
    listener.once("close", () => watching.cancel());
  }
  return { server, certificateExpiresMs: () => certificate && certificateExpiresMs(certificate) };
}

/** When the certificate expires (Unix epoch, milliseconds); the first of a chain is the server's own. */
function certificateExpiresMs({ cert }: TlsMaterial): number | undefined {
  return cert && new X509Certificate(cert).validToDate.getTime();
}

/** The answer to a connection that is one too many. It is the same each time, so that refusing costs nothing. */
function renderOverloaded({ json }: ResolvedKernelOptions, { defaultHeaders }: RequestHandler): string {
  const problem = toProblem(new EdgeError(503, "UNAVAILABLE", "there are as many connections as there may be"));
  const body = renderProblem(problem, json.errors);
  const headers = [
    ...["content-type", JSON_TYPE, "content-length", String(Buffer.byteLength(body))],
    ...["retry-after", "5", "connection", "close"],
  ];
  return renderHead({ status: problem.status, headers, own: defaultHeaders.linesBeside(headers) }) + body;
}
