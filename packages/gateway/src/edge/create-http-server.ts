import { Server as TlsServer } from "node:tls";
import type { Door } from "../exchange/door.ts";
import { JSON_TYPE } from "../exchange/unary-endpoint.ts";
import { Http1Server } from "../http1/http1-server.ts";
import type { ResolvedGatewayOptions } from "../options.ts";
import { renderProblem, toProblem } from "../problem/problem.ts";
import type { Realtime } from "../realtime/create-realtime.ts";
import { renewTls } from "./renew-tls.ts";
import { readTlsFiles } from "./tls-files.ts";

/**
 * The server in front of the door.
 *
 * @param realtime takes upgrades, if there is any to take.
 * @throws TypeError if the TLS files cannot be used.
 */
export function createHttpServer(
  options: ResolvedGatewayOptions,
  door: Door,
  realtime: Realtime | undefined,
): Http1Server {
  const tls = options.tls && readTlsFiles(options.tls);
  const server = new Http1Server({
    limits: options,
    tls,
    defaults: door.defaultHeaders,
    handler: {
      request: door.answer,
      accepts: (request) => realtime?.accepts(request) ?? false,
      upgrade: (request, socket, head) => void realtime?.upgrade(request, socket, head),
      refuse(error, response) {
        const problem = toProblem(error, options.json);
        response.send(problem.status, ["content-type", JSON_TYPE], renderProblem(problem, options.json));
      },
    },
  });
  if (tls && server.listener instanceof TlsServer) renewTls(server.listener, tls, options);
  return server;
}
