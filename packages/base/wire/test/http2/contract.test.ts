import { noopLogger, systemClock } from "@parley/core";
import { createMemoryServer } from "../../src/http2/memory/memory-server.ts";
import { dialNodeHttp2 } from "../../src/http2/node/dial.ts";
import { createNodeHttp2Server } from "../../src/http2/node/server.ts";
import { dialSocketHttp2 } from "../../src/http2/socket/dial.ts";
import { createSocketHttp2Server } from "../../src/http2/socket/server.ts";
import { describeHttp2 } from "../support/http2-contract.ts";

const HOST = "127.0.0.1";

const IMPLEMENTATIONS = [
  { name: "by Parley on sockets", create: createSocketHttp2Server, dial: dialSocketHttp2 },
  { name: "by node:http2", create: createNodeHttp2Server, dial: dialNodeHttp2 },
];

for (const { name, create, dial } of IMPLEMENTATIONS) {
  describeHttp2(name, async (accept) => {
    const server = create({
      accept,
      clock: systemClock,
      logger: noopLogger,
      maxConcurrentStreams: 100,
      maxHeaderBytes: 16_384,
      maxConnectionAgeMs: Number.POSITIVE_INFINITY,
      keepalive: { intervalMs: 60_000, timeoutMs: 20_000 },
      streamResets: { burst: 10_000, perSecond: 1_000 },
    });
    const { port } = await server.listen({ port: 0, host: HOST });
    return {
      dial: (events) =>
        dial(
          { host: HOST, port, timeoutMs: 5_000, maxHeaderBytes: 16_384, clock: systemClock, events },
          new AbortController().signal,
        ),
      drain: () => server.drain(),
      destroy: () => server.destroy(),
    };
  });
}

describeHttp2("in memory", async (accept) => {
  const server = createMemoryServer(accept);
  return {
    dial: async (events) => server.connect(events),
    drain: () => server.drain(),
    destroy: () => server.destroy(),
  };
});
