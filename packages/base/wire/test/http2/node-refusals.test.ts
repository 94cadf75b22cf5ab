import { expect, test } from "vitest";
import { HTTP2_CODES } from "../../src/http2/http2.ts";
import { dialNodeHttp2 } from "../../src/http2/node/dial.ts";
import { createNodeHttp2Server } from "../../src/http2/node/server.ts";
import { Notes } from "../../src/testing/notes.ts";
import { dial, exchange, socketServer } from "../../src/testing/socket-server.ts";

/** It throws for them where nobody would catch it. */
test("trailers that node:http2 refuses to carry reset their stream, and the process lives", async () => {
  const { server, port } = await socketServer(
    (stream) => {
      stream.respond([":status", "200"]);
      stream.end(["http2-settings", "x"]);
      return new Notes();
    },
    {},
    createNodeHttp2Server,
  );
  try {
    const answered = await exchange(await dial(port, {}, { dialBy: dialNodeHttp2 }));
    expect(answered.find("reset")).toEqual({ reset: { by: "peer", code: HTTP2_CODES.INTERNAL_ERROR } });
  } finally {
    server.destroy();
  }
});
