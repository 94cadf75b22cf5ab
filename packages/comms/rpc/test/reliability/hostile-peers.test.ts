import { create, toBinary } from "@bufbuild/protobuf";
import { createManualClock } from "@parley/core";
import { FLAG, FRAME, SETTING } from "@parley/wire/internal/http2";
import { data, prefixOf, RawPeer, rawServer, reset, SETTINGS_ACK, settings } from "@parley/wire/testing";
import { afterEach, expect, test } from "vitest";
import { createClient } from "../../src/client/create-client.ts";
import { createChannel } from "../../src/create-channel.ts";
import { EchoRequestSchema, EchoService } from "../gen/parley/test/v1/echo_pb.ts";
import { createRig, echoing } from "../support/running.ts";

const rig = createRig();
const ends: (() => void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await rig.end();
});

const headersOf = (method: string): string[] => [
  ":method",
  "POST",
  ":scheme",
  "http",
  ":path",
  `/${EchoService.typeName}/${method}`,
  "content-type",
  "application/grpc",
  "te",
  "trailers",
];
const message = toBinary(EchoRequestSchema, create(EchoRequestSchema, { text: "a" }));
const BODY = Buffer.concat([prefixOf(message.length), message]);

test("resets cannot start more work than streams could: what runs on counts (rapid reset, fault 14)", async () => {
  let running = 0;
  const release = Promise.withResolvers<void>();
  const { server, port } = await rig.serve({
    services: [
      echoing({
        async echo({ text }) {
          running += 1;
          await release.promise; // deaf to its signal
          return { text };
        },
      }),
    ],
    maxConcurrentStreams: 10,
  });
  const peer = await RawPeer.connect(port);
  for (let i = 0; i < 200; i++) {
    const streamId = 2 * i + 1;
    peer.send(peer.headers(streamId, headersOf("Echo"), false), data(streamId, BODY, true), reset(streamId));
  }
  peer.send(peer.headers(1_001, headersOf("Echo"), false), data(1_001, BODY, true));
  await peer.until(() => peer.of(FRAME.RST_STREAM, 1_001).length > 0);
  expect(peer.of(FRAME.RST_STREAM, 1_001)[0]?.payload.readUInt32BE()).toBe(7); // refused, so it may be tried again
  expect(running).toBe(10);
  release.resolve();
  peer.destroy();
  const other = createClient(EchoService, rig.open({ target: `127.0.0.1:${port}` }));
  expect((await other.echo({ text: "other" })).text).toBe("other");
  await server.drain({ graceMs: 1_000 });
});

test("an answer that its client does not take is dropped at the deadline", async () => {
  const clock = createManualClock();
  const { port } = await rig.serve({
    services: [echoing({ echo: () => ({ text: "x".repeat(1_000_000) }) })],
    timeoutMs: 5_000,
    clock,
  });
  const peer = await RawPeer.connect(port, settings([SETTING.INITIAL_WINDOW_SIZE, 100]));
  peer.send(peer.headers(1, headersOf("Echo"), false), data(1, BODY, true));
  await peer.until(() => peer.of(FRAME.DATA, 1).length > 0);
  clock.advance(5_010);
  await peer.until(() => peer.of(FRAME.RST_STREAM, 1).length > 0);
  expect(peer.of(FRAME.RST_STREAM, 1)[0]?.payload.readUInt32BE()).toBe(8);
  peer.destroy();
});

test("a client that sends empty messages faster than they are read is held back", async () => {
  let read = 0;
  const release = Promise.withResolvers<void>();
  const { port } = await rig.serve({
    services: [
      echoing({
        async collect(requests) {
          await release.promise;
          for await (const _ of requests) read += 1;
          return {};
        },
      }),
    ],
  });
  const peer = await RawPeer.connect(port);
  peer.send(peer.headers(1, headersOf("Collect"), false));
  // 200 KB are within the window; none of it is given back while nobody reads.
  for (let i = 0; i < 16; i++) peer.send(data(1, Buffer.alloc(12_500)));
  peer.send(Buffer.from("0000080600000000000000000000000000", "hex"));
  await peer.until(() => peer.of(FRAME.PING).length === 1);
  expect(peer.of(FRAME.WINDOW_UPDATE, 1)).toEqual([]);
  release.resolve();
  await peer.until(() => peer.of(FRAME.WINDOW_UPDATE, 1).length > 0);
  peer.send(data(1, Buffer.alloc(0), true));
  await peer.until(() =>
    peer.frames.some(
      ({ streamId, flags, type }) => streamId === 1 && type === FRAME.HEADERS && (flags & FLAG.END_STREAM) > 0,
    ),
  );
  expect(read).toBe(40_000);
  peer.destroy();
});

test("a message in pieces of one octet is read whole, and takes no more memory than it has octets", async () => {
  const { port } = await rig.serve({ services: [echoing({ echo: ({ text }) => ({ text: String(text.length) }) })] });
  const bytes = toBinary(EchoRequestSchema, create(EchoRequestSchema, { text: "x".repeat(100_000) }));
  const body = Buffer.concat([prefixOf(bytes.length), bytes]);
  const peer = await RawPeer.connect(port);
  peer.send(peer.headers(1, headersOf("Echo"), false));
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; at++) pieces.push(data(1, body.subarray(at, at + 1), at === body.length - 1));
  peer.send(...pieces);
  await peer.until(() => peer.of(FRAME.DATA, 1).length > 0);
  expect(peer.of(FRAME.DATA, 1)[0]?.payload.toString("latin1")).toContain("100000");
  peer.destroy();
});

test("a stream that a server refuses is tried again by itself, also where the call may not be repeated", async () => {
  let seen = 0;
  const server = await rawServer((peer) => {
    peer.send(settings(), SETTINGS_ACK);
    let answered = 0;
    const answer = async (): Promise<void> => {
      for (;;) {
        await peer.until(() => peer.of(FRAME.DATA).length > answered);
        const { streamId } = peer.of(FRAME.DATA)[answered] as { streamId: number };
        answered += 1;
        seen += 1;
        if (seen === 1) peer.send(reset(streamId, 7));
        else {
          peer.send(peer.headers(streamId, [":status", "200", "content-type", "application/grpc"], false));
          peer.send(data(streamId, BODY), peer.headers(streamId, ["grpc-status", "0"]));
        }
      }
    };
    void answer();
  });
  ends.push(() => server.close());
  const channel = createChannel({ target: `127.0.0.1:${server.port}` });
  expect((await createClient(EchoService, channel).echo({ text: "a" })).text).toBe("a");
  expect(seen).toBe(2);
  await channel.close({ graceMs: 0 });
});
