import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Metrics } from "./create-metrics.ts";

export interface ServeMetricsOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Default `0.0.0.0`: the monitoring system reads from another machine. */
  readonly host?: string;
}

export interface MetricsServer {
  readonly port: number;
  readonly host: string;
  /** Stops listening and ends every connection. Idempotent. */
  close(): Promise<void>;
}

/** A reader that does not send its request within this time is hung up on. */
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * `GET /metrics`, for services that have no gateway.
 * @throws the system's error (its `code` kept, `EADDRINUSE` for one) if the port cannot be had.
 */
export async function serveMetrics(
  metrics: Pick<Metrics, "text" | "contentType">,
  { port, host = "0.0.0.0" }: ServeMetricsOptions,
): Promise<MetricsServer> {
  // Loaded when it is asked for: `node:http` brings Node's own `fetch` along, 3 MB that every service would hold.
  const { createServer } = await import("node:http");
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    const path = request.url?.split("?", 1)[0];
    if (path !== "/metrics") return void response.writeHead(404).end("not found; metrics are at /metrics\n");
    if (request.method !== "GET" && request.method !== "HEAD") {
      return void response.writeHead(405, { allow: "GET, HEAD" }).end();
    }
    metrics.text().then(
      (text) => response.writeHead(200, { "content-type": metrics.contentType }).end(text),
      () => response.writeHead(500).end("the metrics could not be read\n"),
    );
  });
  await listen(server, port, host);
  // What fails later (a connection that cannot be accepted) is the reader's to try again.
  server.on("error", () => {});
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    host,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
