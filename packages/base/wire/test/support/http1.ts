import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createManualClock, type ManualClock } from "@parley/core";
import { onTestFinished } from "vitest";
import { ConnectionLimit } from "../../src/http1/connection-limit.ts";
import { DefaultHeaders } from "../../src/http1/default-headers.ts";
import type { Http1Handler } from "../../src/http1/http1-handler.ts";
import { Http1Server } from "../../src/http1/http1-server.ts";
import type { TimeLimits } from "../../src/http1/time-limits.ts";
import { openRaw, type RawConnection } from "../../src/testing/raw-http.ts";

export interface Http1UnderTest {
  readonly server: Http1Server;
  readonly clock: ManualClock;
  readonly port: number;
  /** A bare connection, which has sent `first`. */
  open(first?: string): Promise<RawConnection>;
}

/** A server of HTTP/1.1 whose time stands still, and what answers its requests. */
export async function openHttp1(
  request: Http1Handler["request"],
  options: Partial<TimeLimits & Http1Handler & { readonly defaults: readonly string[] }> = {},
): Promise<Http1UnderTest> {
  const clock = createManualClock();
  const server = new Http1Server({
    tls: undefined,
    defaults: new DefaultHeaders(options.defaults ?? []),
    connections: new ConnectionLimit({ max: 1_000, maxPerAddress: 1_000, isProxy: () => false }),
    overloaded: "",
    limits: {
      headersTimeoutMs: 10_000,
      bodyTimeoutMs: 30_000,
      keepAliveTimeoutMs: 65_000,
      stallTimeoutMs: 30_000,
      clock,
      ...options,
    },
    handler: {
      request,
      accepts: () => false,
      upgrade: (_, socket) => socket.destroy(),
      refuse: ({ status, message }, response) =>
        response.send(status, ["content-type", "application/json"], JSON.stringify({ error: message })),
      ...options,
    },
  });
  server.listener.listen(0, "127.0.0.1");
  await once(server.listener, "listening");
  onTestFinished(() => {
    server.closeAll();
    server.listener.close();
  });
  const { port } = server.listener.address() as AddressInfo;
  return { server, clock, port, open: (first) => openRaw(port, first) };
}

/** Reads all content and answers with `<method> <target> <content>`. */
export const echo: Http1Handler["request"] = ({ method, url, body }, response) => {
  void (async () => {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of body ?? []) pieces.push(piece as Buffer);
      response.send(200, ["content-type", "text/plain"], `<${method} ${url} ${Buffer.concat(pieces).toString()}>`);
    } catch (error) {
      if (response.open) response.send(400, ["content-type", "text/plain"], `<${(error as Error).message}>`);
    }
  })();
};
