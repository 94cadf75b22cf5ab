/**
 * A client against servers that do what HTTP/2 allows and few do: the negative interop cases of gRPC.
 * @see https://github.com/grpc/grpc/blob/master/doc/negative-http2-interop-test-descriptions.md
 */
import { create, toBinary } from "@bufbuild/protobuf";
import { FLAG, FRAME, SETTING, STREAM_WINDOW_BYTES } from "@parley/wire/internal/http2";
import {
  data,
  frame,
  prefixOf,
  type RawPeer,
  rawServer,
  reset,
  SETTINGS_ACK,
  settings,
  uint32,
  windowUpdate,
} from "@parley/wire/testing";
import { afterEach, expect, test } from "vitest";
import type { ChannelOptions } from "../../src/channel/options.ts";
import { createClient } from "../../src/client/create-client.ts";
import { EchoResponseSchema, EchoService } from "../gen/parley/test/v1/echo_pb.ts";
import { collect, failureOf } from "../support/connection.ts";
import { createRig } from "../support/running.ts";

const REQUEST = { payload: new Uint8Array(271_828) };
const RESPONSE_BYTES = 314_159;
const NO_ERROR = 0;
const LARGE_WINDOW = 8 * 1024 * 1024;
const PADDING = 255;

const response = toBinary(EchoResponseSchema, create(EchoResponseSchema, { payload: new Uint8Array(RESPONSE_BYTES) }));
const message = Buffer.concat([prefixOf(response.length), response]);
const plain = (bytes: Uint8Array, streamId: number): Buffer => data(streamId, bytes);
const padded = (bytes: Uint8Array, streamId: number): Buffer =>
  frame(FRAME.DATA, FLAG.PADDED, streamId, Buffer.concat([Buffer.of(PADDING), bytes, Buffer.alloc(PADDING)]));

const head = (peer: RawPeer, streamId: number): Buffer =>
  peer.headers(streamId, [":status", "200", "content-type", "application/grpc"], false);
const trailers = (peer: RawPeer, streamId: number): Buffer => peer.headers(streamId, ["grpc-status", "0"]);

/** Sends bytes in DATA frames, no faster than the client's windows allow. */
async function sendBody(peer: RawPeer, streamId: number, bytes: Buffer, frameOf = plain): Promise<void> {
  const granted = (): number =>
    peer
      .of(FRAME.WINDOW_UPDATE, streamId)
      .reduce((sum, { payload }) => sum + payload.readUInt32BE(), STREAM_WINDOW_BYTES);
  for (let at = 0, sent = 0; at < bytes.length; at += 1_000) {
    sent += 1_000 + PADDING + 1;
    await peer.until(() => sent <= granted());
    peer.send(frameOf(bytes.subarray(at, at + 1_000), streamId));
  }
}

async function answer(peer: RawPeer, streamId: number, frameOf = plain): Promise<void> {
  peer.send(head(peer, streamId));
  await sendBody(peer, streamId, message, frameOf);
  peer.send(trailers(peer, streamId));
}

const rig = createRig();
const closing: (() => void)[] = [];
afterEach(async () => {
  await rig.end();
  for (const close of closing.splice(0)) close();
});

/** A client of a server that does to each request, once it is complete, what the test says. */
async function against(
  onRequest: (peer: RawPeer, streamId: number) => unknown,
  { maxStreams = 100, ...options }: Partial<ChannelOptions> & { maxStreams?: number } = {},
) {
  const peers: RawPeer[] = [];
  const server = await rawServer((peer) => {
    peers.push(peer);
    const limits = settings([SETTING.MAX_CONCURRENT_STREAMS, maxStreams], [SETTING.INITIAL_WINDOW_SIZE, LARGE_WINDOW]);
    peer.send(limits, SETTINGS_ACK, windowUpdate(0, LARGE_WINDOW));
    void serve(peer, onRequest);
  });
  closing.push(() => server.close());
  const channel = rig.open({ target: `127.0.0.1:${server.port}`, ...options });
  return { client: createClient(EchoService, channel), peers };
}

async function serve(peer: RawPeer, onRequest: (peer: RawPeer, streamId: number) => unknown): Promise<never> {
  const served = new Set<number>();
  const complete = (): number | undefined =>
    peer.of(FRAME.DATA).find(({ flags, streamId }) => (flags & FLAG.END_STREAM) !== 0 && !served.has(streamId))
      ?.streamId;
  for (;;) {
    await peer.until(() => complete() !== undefined);
    const streamId = complete() ?? 0;
    served.add(streamId);
    void onRequest(peer, streamId);
  }
}

test("goaway: a call after it goes to another connection", async () => {
  const { client, peers } = await against(async (peer, streamId) => {
    peer.send(frame(FRAME.GOAWAY, 0, 0, uint32(streamId, NO_ERROR)));
    await answer(peer, streamId);
  });
  for (const connections of [1, 2]) {
    expect((await client.echo(REQUEST)).payload).toHaveLength(RESPONSE_BYTES);
    expect(peers).toHaveLength(connections);
  }
});

test("rst_after_header: the call fails", async () => {
  const { client } = await against((peer, streamId) => peer.send(head(peer, streamId), reset(streamId, NO_ERROR)));
  expect(await failureOf(client.echo(REQUEST))).toMatchObject({ code: "INTERNAL" });
});

test("rst_during_data: the call fails, and half a message is nobody's", async () => {
  const { client } = await against(async (peer, streamId) => {
    peer.send(head(peer, streamId));
    await sendBody(peer, streamId, message.subarray(0, RESPONSE_BYTES / 2));
    peer.send(reset(streamId, NO_ERROR));
  });
  expect(await failureOf(client.echo(REQUEST))).toMatchObject({ code: "INTERNAL" });
  expect(await failureOf(collect(client.expand(REQUEST)))).toMatchObject({ code: "INTERNAL" });
});

test("rst_after_data: the call fails, though the message came; a stream still hands it over", async () => {
  const { client } = await against(async (peer, streamId) => {
    peer.send(head(peer, streamId));
    await sendBody(peer, streamId, message);
    peer.send(reset(streamId, NO_ERROR));
  });
  expect(await failureOf(client.echo(REQUEST))).toMatchObject({ code: "INTERNAL" });
  const answers = client.expand(REQUEST)[Symbol.asyncIterator]();
  expect((await answers.next()).value?.payload).toHaveLength(RESPONSE_BYTES);
  expect(await failureOf(answers.next())).toMatchObject({ code: "INTERNAL" });
});

/** The client's answers to PING; it may send some of its own, to measure the round trip. */
const answersOf = (peer: RawPeer) => peer.of(FRAME.PING).filter(({ flags }) => flags === FLAG.ACK);

test("ping: each is answered, wherever in a call it comes", async () => {
  const sent: Buffer[] = [];
  const ping = (peer: RawPeer): void => {
    const payload = uint32(0xdecaf, sent.length);
    sent.push(payload);
    peer.send(frame(FRAME.PING, 0, 0, payload));
  };
  const { client, peers } = await against(async (peer, streamId) => {
    ping(peer);
    peer.send(head(peer, streamId));
    ping(peer);
    await sendBody(peer, streamId, message.subarray(0, 1_000));
    ping(peer);
    await sendBody(peer, streamId, message.subarray(1_000));
    ping(peer);
    peer.send(trailers(peer, streamId));
    ping(peer);
  });
  expect((await client.echo(REQUEST)).payload).toHaveLength(RESPONSE_BYTES);
  const [peer] = peers;
  await peer?.until(() => answersOf(peer).length === 5);
  expect(peer && answersOf(peer).map(({ flags, payload }) => ({ flags, payload }))).toEqual(
    sent.map((payload) => ({ flags: FLAG.ACK, payload })),
  );
});

test.each([1, 4])(
  "max_streams: no connection of %d ever has more streams than its server allows",
  async (connections) => {
    const answered = new Map<RawPeer, number>();
    let most = 0;
    const { client, peers } = await against(
      async (peer, streamId) => {
        const before = answered.get(peer) ?? 0;
        // What the client wrote meanwhile comes before its answer to this.
        peer.send(frame(FRAME.PING, 0, 0, uint32(0, before)));
        await peer.until(() => answersOf(peer).length > before);
        most = Math.max(most, peer.of(FRAME.HEADERS).length - before);
        await answer(peer, streamId);
        answered.set(peer, before + 1);
      },
      { maxStreams: 1, connectionsPerAddress: connections },
    );
    await client.echo(REQUEST);
    const replies = await Promise.all(Array.from({ length: 10 }, () => client.echo(REQUEST)));
    expect(replies.map(({ payload }) => payload.length)).toEqual(Array(10).fill(RESPONSE_BYTES));
    expect(most).toBe(1);
    expect(peers.length).toBeLessThanOrEqual(connections);
  },
);

test.each([
  ["data_frame_padding: padding is taken off, and its window given back", padded],
  ["no_df_padding_sanity_test: the same without padding", plain],
])("%s", async (_name, frameOf) => {
  const { client } = await against((peer, streamId) => answer(peer, streamId, frameOf));
  for (let call = 0; call < 3; call++) expect((await client.echo(REQUEST)).payload).toHaveLength(RESPONSE_BYTES);
});
