import { silentLogger, systemClock } from "@parley/core";
import { expect, test } from "vitest";
import { HTTP2_CODES, type ServerStream } from "../../src/http2/http2.ts";
import { dialNodeHttp2 } from "../../src/http2/node/dial.ts";
import { createNodeHttp2Server } from "../../src/http2/node/server.ts";
import { Notes } from "../support/notes.ts";

/** It throws for them where nobody would catch it. */
test("trailers that node:http2 refuses to carry reset their stream, and the process lives", async () => {
  const accepted = Promise.withResolvers<ServerStream>();
  const server = createNodeHttp2Server({
    accept: (stream) => {
      accepted.resolve(stream);
      return new Notes();
    },
    clock: systemClock,
    logger: silentLogger,
    maxConcurrentStreams: 100,
    maxHeaderBytes: 16_384,
    maxConnectionAgeMs: Number.POSITIVE_INFINITY,
    keepalive: { intervalMs: 60_000, timeoutMs: 20_000 },
    streamResets: { burst: 10_000, perSecond: 1_000 },
  });
  const host = "127.0.0.1";
  const { port } = await server.listen({ port: 0, host });
  try {
    const events = { onMaxStreams() {}, onGoaway() {}, onClose() {} };
    const connection = await dialNodeHttp2(
      { host, port, timeoutMs: 30_000, maxHeaderBytes: 16_384, clock: systemClock, events },
      new AbortController().signal,
    );
    const atClient = new Notes();
    const request = [":method", "POST", ":scheme", "http", ":authority", "test", ":path", "/a"];
    connection.open(request, [], atClient).end();
    const stream = await accepted.promise;
    stream.respond([":status", "200"]);
    stream.end(["http2-settings", "x"]);
    await atClient.until(() => atClient.find("reset"));
    expect(atClient.find("reset")).toEqual({ reset: { by: "peer", code: HTTP2_CODES.INTERNAL_ERROR } });
  } finally {
    server.destroy();
  }
});
