import { noopLogger, systemClock } from "@parley/core";
// The seam below gRPC, which no package exports: h2spec asks for pages, and a gRPC server refuses those before they are
// complete, so that the states of streams it is about would never be reached.
import type { AcceptStream, Http2Server } from "../../packages/base/wire/src/http2/http2.ts";
import { createNodeHttp2Server } from "../../packages/base/wire/src/http2/node/server.ts";
import { createSocketHttp2Server } from "../../packages/base/wire/src/http2/socket/server.ts";
import type { Engine } from "../engine.ts";

/** Answers every request, once it is complete, with a small page. */
const page: AcceptStream = (stream) => ({
  onData: () => "copied" as const,
  onEnd() {
    stream.respond([":status", "200", "content-type", "text/plain"]);
    stream.write(Buffer.from("a page for h2spec"));
    stream.end([]);
  },
  onReset() {},
  onDrain() {},
});

/** A server of pages over HTTP/2 as Parley's gRPC server has it by default; only the limit on streams is lower. */
export function createPageServer(engine: Engine): Http2Server {
  const create = engine === "node" ? createNodeHttp2Server : createSocketHttp2Server;
  return create({
    accept: page,
    maxConcurrentStreams: 100,
    maxHeaderBytes: 16 * 1024,
    maxConnectionAgeMs: Number.POSITIVE_INFINITY,
    streamResets: { burst: 10_000, perSecond: 1_000 },
    keepalive: { intervalMs: 60_000, timeoutMs: 20_000 },
    clock: systemClock,
    logger: noopLogger,
  });
}
