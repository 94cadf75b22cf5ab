import { Metadata, ParleyError } from "@parley/core";
import { DEFAULT_BREAKER } from "@parley/core/internal";
import { FLAG, FRAME } from "@parley/wire/internal/http2";
import { frame, RawPeer, REQUEST, socketServer } from "@parley/wire/testing";
import { afterEach, describe, expect, test } from "vitest";
import { createClient } from "../../src/client/create-client.ts";
import { connectNodeHttp2 } from "../../src/connection/connect-http2.ts";
import { EchoService } from "../gen/parley/test/v1/echo_pb.ts";
import { createRig, echoing, policyWith } from "../support/running.ts";

const rig = createRig();
afterEach(rig.end);

const policy = policyWith({ breaker: { ...DEFAULT_BREAKER, minRequests: 3 } });
const WAYS = [
  ["our HTTP/2", "parley", {}],
  ["node:http2 as client", "parley", { connect: connectNodeHttp2 }],
  ["node:http2 as server", "node", {}],
] as const;
const SIZES = [17_000, 60_000, 100_000, 1_000_000];

describe.each(WAYS)("a call with more headers than the server takes fails alone, over %s", (_name, http2, options) => {
  test.each(SIZES)("%d bytes of metadata", async (bytes) => {
    const release = Promise.withResolvers<void>();
    let calls = 0;
    const { target } = await rig.serve({
      http2,
      services: [
        echoing({
          read: ({ text }) => ({ text: `${text} ${++calls}` }),
          async echo({ text }) {
            await release.promise;
            return { text };
          },
          async *expand() {
            yield { text: "first" };
            await release.promise;
            yield { text: "last" };
          },
        }),
      ],
    });
    const client = createClient(EchoService, rig.open({ target, policy, ...options }));
    await client.read({ text: "warm" });
    const running = Array.from({ length: 5 }, (_, index) => client.echo({ text: String(index) }));
    const stream = client.expand({})[Symbol.asyncIterator]();
    expect((await stream.next()).value?.text).toBe("first");
    const metadata = new Metadata([["x-large", "x".repeat(bytes)]]);
    for (let call = 0; call < 5; call++) {
      const failure: unknown = await client.read({}, { metadata }).catch((error: unknown) => error);
      expect(failure).toMatchObject({
        code: "RESOURCE_EXHAUSTED",
        message: expect.stringMatching(/over the \d+ that/),
      });
    }
    expect(await client.read({ text: "others" })).toMatchObject({ text: "others 2" });
    release.resolve();
    expect((await Promise.all(running)).map(({ text }) => text)).toEqual(["0", "1", "2", "3", "4"]);
    expect((await stream.next()).value?.text).toBe("last");
  });

  test("what fits to the last byte is sent", async () => {
    const { target } = await rig.serve({ http2, services: [echoing()] });
    const client = createClient(EchoService, rig.open({ target, policy, ...options }));
    const send = (length: number) => client.read({}, { metadata: new Metadata([["x-large", "x".repeat(length)]]) });
    const tooLarge: unknown = await send(16_384).catch((error: unknown) => error);
    const [, taken] = /take (\d+) bytes/.exec((tooLarge as Error).message) ?? [];
    // Between the largest that our client sends and the server's own limit there is nothing but the length of the timeout.
    await send(16_384 - (Number(taken) - 16_384) - 4);
  });

  test.each(["header", "trailer"] as const)("a response whose %s is too large fails its call alone", async (where) => {
    const { target } = await rig.serve({
      http2,
      services: [
        echoing({
          read({ text }, { responseHeader, responseTrailer }) {
            const metadata = where === "header" ? responseHeader : responseTrailer;
            if (text !== "small") metadata.set("x-large", "x".repeat(20_000));
            if (text === "fail") throw new ParleyError("NOT_FOUND", "no such shelf");
            return { text };
          },
        }),
      ],
    });
    const client = createClient(EchoService, rig.open({ target, policy, ...options }));
    for (let call = 0; call < 5; call++) {
      await expect(client.read({ text: "large" })).rejects.toMatchObject({ code: "RESOURCE_EXHAUSTED" });
      await expect(client.read({ text: "fail" })).rejects.toMatchObject({
        code: "NOT_FOUND",
        message: "no such shelf",
      });
    }
    expect(await client.read({ text: "small" })).toMatchObject({ text: "small" });
  });
});

/** A header block in as many frames as it needs. */
function longHeaders(streamId: number, block: Buffer): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at < block.length; at += 16_000) {
    const flags = (at === 0 ? FLAG.END_STREAM : 0) | (at + 16_000 >= block.length ? FLAG.END_HEADERS : 0);
    frames.push(frame(at === 0 ? FRAME.HEADERS : FRAME.CONTINUATION, flags, streamId, block.subarray(at, at + 16_000)));
  }
  return Buffer.concat(frames);
}

test.each([17_000, 60_000, 100_000])(
  "a server resets the stream whose headers take %d bytes, and reads on what builds on them",
  async (bytes) => {
    const seen: unknown[] = [];
    const { port, server } = await socketServer((stream, headers) => {
      seen.push(headers.slice(REQUEST.length));
      stream.respondOnly([":status", "200"]);
      return { onData: () => "copied" as const, onEnd() {}, onReset() {}, onDrain() {} };
    });
    const peer = await RawPeer.connect(port);
    // The last field enters the table, and the next request names it by its index alone.
    const large = [...REQUEST, "x-large", "x".repeat(bytes), "x-small", "in the table"];
    peer.send(longHeaders(1, peer.block(large)));
    await peer.until(() => peer.of(FRAME.RST_STREAM, 1).length > 0);
    expect(peer.of(FRAME.RST_STREAM, 1)[0]?.payload.readUInt32BE()).toBe(11); // ENHANCE_YOUR_CALM
    peer.send(peer.headers(3, [...REQUEST, "x-small", "in the table"]));
    await peer.until(() => peer.of(FRAME.HEADERS, 3).length > 0);
    expect(seen).toEqual([["x-small", "in the table"]]);
    expect(peer.of(FRAME.GOAWAY)).toEqual([]);
    peer.destroy();
    server.destroy();
  },
);
