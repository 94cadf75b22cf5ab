import { once } from "node:events";
import net from "node:net";
import { createManualClock } from "@parley/core";
import { afterEach, describe, expect, test } from "vitest";
import { FLAG, FRAME, PREFACE } from "../../src/http2/frames/frame-types.ts";
import type { ServerStream } from "../../src/http2/http2.ts";
import {
  frame,
  RawPeer,
  REQUEST,
  rawServer,
  reset,
  SETTINGS_ACK,
  settings,
  uint32,
  windowUpdate,
} from "../../src/testing/raw-peer.ts";
import { dial, exchange, socketServer } from "../../src/testing/socket-server.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const SILENT = { onData: () => "copied" as const, onEnd() {}, onReset() {}, onDrain() {} };

/** A bare TCP client that keeps its half open whatever the server does. */
async function bareSocket(port: number): Promise<net.Socket> {
  const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  ends.push(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

describe("a server ends", () => {
  test.each([
    ["says nothing", Buffer.alloc(0)],
    ["says half of the preface", Buffer.from("PRI * HTTP")],
    ["says no SETTINGS", Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")],
    ["does not acknowledge ours", Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), settings()])],
  ])("a connection whose client %s", async (_what, octets) => {
    const clock = createManualClock();
    const { server, port } = await socketServer(undefined, { clock });
    ends.push(() => server.destroy());
    const peer = new RawPeer(await bareSocket(port));
    peer.send(octets);
    await peer.until(() => peer.of(FRAME.SETTINGS).length > (octets.length > 24 ? 1 : 0));
    clock.advance(10_000);
    await peer.until(() => peer.of(FRAME.GOAWAY).length > 0);
    expect(peer.of(FRAME.GOAWAY)[0]?.payload.readUInt32BE(4)).toBe(4);
    clock.advance(5_000); // the client keeps its half open: we do not wait for it
    await server.drain();
  });

  test("a connection that its client has given up, and begins no stream that stands behind its GOAWAY", async () => {
    const begun: string[] = [];
    const { server, port } = await socketServer(
      (_stream, headers) => {
        begun.push(headers.join(" "));
        return SILENT;
      },
      { clock: createManualClock() },
    );
    ends.push(() => server.destroy());
    const peer = await RawPeer.connect(port);
    const goaway = frame(FRAME.GOAWAY, 0, 0, Buffer.concat([uint32(0, 2), Buffer.from("no more")]));
    peer.send(Buffer.concat([settings(), SETTINGS_ACK, goaway, peer.headers(1, REQUEST)]));
    await peer.closed;
    await server.drain();
    expect(begun).toEqual([]);
  });

  test("a connection that its client gave up without a TCP reset, which would take answers under way with it", async () => {
    const { server, port } = await socketServer(undefined, { clock: createManualClock() });
    ends.push(() => server.destroy());
    const socket = await bareSocket(port);
    const ended = once(socket, "end");
    const closed = once(socket, "close");
    socket
      .resume()
      .write(Buffer.concat([PREFACE, settings(), SETTINGS_ACK, frame(FRAME.GOAWAY, 0, 0, uint32(0, 0xff))]));
    await ended;
    socket.end(Buffer.alloc(4 * 1024 * 1024)); // what it still had to say
    expect(await closed).toEqual([false]);
  });

  test("a connection that speaks HTTP/1 at once", async () => {
    const { server, port } = await socketServer();
    const socket = await bareSocket(port);
    socket.resume().write("GET / HTTP/1.1\r\n\r\n");
    await once(socket, "end");
    await server.drain();
  });

  test("a drained connection whose client never closes its half", async () => {
    const clock = createManualClock();
    const { server, port } = await socketServer(undefined, { clock });
    const peer = new RawPeer(await bareSocket(port));
    peer.send(Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), settings(), SETTINGS_ACK);
    await peer.until(() => peer.of(FRAME.SETTINGS).length === 2);
    const drained = server.drain();
    clock.advance(1_000); // nor does it answer the PING
    await peer.until(() => peer.of(FRAME.GOAWAY).length === 2);
    clock.advance(5_000);
    await drained;
  });

  test("a connection of which the client never reads the end", async () => {
    const clock = createManualClock();
    const { server, port } = await socketServer(undefined, { clock });
    ends.push(() => server.destroy());
    const peer = await RawPeer.connect(port);
    peer.pause();
    peer.send(frame(FRAME.DATA, 0, 0));
    let closed = false;
    void peer.closed.then(() => {
      closed = true;
    });
    while (!closed) {
      clock.advance(5_000);
      peer.resume();
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
});

describe("a drain", () => {
  test("that begins within a header block serves the request", async () => {
    const { server, port } = await socketServer();
    const peer = await RawPeer.connect(port);
    const block = peer.block(REQUEST);
    peer.send(frame(FRAME.HEADERS, FLAG.END_STREAM, 1, block.subarray(0, 3)));
    await peer.until(() => peer.of(FRAME.SETTINGS).length === 2);
    const drained = server.drain();
    await peer.until(() => peer.of(FRAME.GOAWAY).length === 1);
    const [ping] = peer.of(FRAME.PING);
    peer.send(frame(FRAME.CONTINUATION, FLAG.END_HEADERS, 1, block.subarray(3)));
    peer.send(frame(FRAME.PING, FLAG.ACK, 0, ping?.payload));
    await peer.until(() => peer.of(FRAME.HEADERS, 1).length === 2);
    expect((await peer.closed).code).toBe("NO_ERROR");
    const [announced, last] = peer.of(FRAME.GOAWAY).map(({ payload }) => payload.readUInt32BE());
    expect([announced, last]).toEqual([2 ** 31 - 1, 1]);
    await drained;
  });

  test("is not moved on by an answer to a PING that was never sent", async () => {
    const { server, port } = await socketServer();
    ends.push(() => server.destroy());
    const peer = await RawPeer.connect(port);
    await peer.until(() => peer.of(FRAME.SETTINGS).length === 2);
    void server.drain();
    await peer.until(() => peer.of(FRAME.PING).length === 1);
    peer.send(frame(FRAME.PING, FLAG.ACK, 0, Buffer.from("forged!!")), peer.headers(1));
    await peer.until(() => peer.of(FRAME.HEADERS, 1).length === 2);
    expect(peer.of(FRAME.GOAWAY)).toHaveLength(1);
    peer.destroy();
  });
});

describe("a client", () => {
  test("whose server goes away keeps what was promised, and knows what was refused", async () => {
    const peers: RawPeer[] = [];
    const server = await rawServer((peer) => {
      peers.push(peer);
      peer.send(settings(), SETTINGS_ACK);
    });
    ends.push(() => server.close());
    const goaway = Promise.withResolvers<number>();
    const connection = await dial(server.port, { onGoaway: goaway.resolve });
    const [served, refused] = [exchange(connection), exchange(connection)];
    const [peer] = peers as [RawPeer];
    await peer.until(() => peer.of(FRAME.HEADERS).length === 2);
    peer.send(frame(FRAME.GOAWAY, 0, 0, uint32(1, 0)));
    expect((await refused).find("reset")?.reset).toEqual({ by: "peer", code: 7 });
    expect(await goaway.promise).toBe(0);
    peer.send(peer.headers(1, [":status", "200"], false), peer.headers(1, ["x-end", "yes"]));
    expect((await served).find("end")).toEqual({ end: ["x-end", "yes"] });
    await peer.until(() => peer.of(FRAME.GOAWAY).length === 1);
    connection.destroy("done");
  });

  test("is told of a stream on which its server broke a rule, and goes on with the others", async () => {
    const server = await rawServer((peer) => {
      peer.send(settings(), SETTINGS_ACK);
      void peer
        .until(() => peer.of(FRAME.HEADERS).length === 2)
        .then(() => peer.send(peer.headers(1, ["x-no-status", "1"]), peer.headers(3, [":status", "200"])));
    });
    ends.push(() => server.close());
    const connection = await dial(server.port);
    const [faulty, good] = await Promise.all([exchange(connection), exchange(connection)]);
    expect(faulty.find("reset")?.reset).toEqual({ by: "fault", reason: ":status is missing", code: 1 });
    expect(good.find("end")).toBeDefined();
    connection.destroy("done");
  });

  test("ends a connection on which its server begins a stream", async () => {
    const server = await rawServer((peer) => {
      peer.send(settings(), SETTINGS_ACK, peer.headers(2, [":status", "200"]));
    });
    ends.push(() => server.close());
    const closed = Promise.withResolvers<string>();
    const connection = await dial(server.port, { onClose: closed.resolve }).catch(() => undefined);
    expect(await closed.promise).toContain("begins stream 2");
    connection?.destroy("done");
  });
});

test("a stream that is reset while it waits for its window leaves nothing to wake", async () => {
  const streams: ServerStream[] = [];
  const { server, port } = await socketServer((stream) => {
    streams.push(stream);
    stream.respond([":status", "200"]);
    stream.write(Buffer.alloc(100_000));
    stream.end(["x-end", "yes"]);
    return SILENT;
  });
  ends.push(() => server.destroy());
  const peer = await RawPeer.connect(port);
  peer.send(peer.headers(1), peer.headers(3));
  await peer.until(() => peer.of(FRAME.DATA).reduce((sum, { payload }) => sum + payload.length, 0) === 65_535);
  peer.send(reset(1), reset(3), windowUpdate(0, 1_000_000), peer.headers(5), windowUpdate(5, 50_000));
  await peer.until(() => peer.of(FRAME.HEADERS, 5).length === 2);
  expect(new Set(peer.frames.slice(-8).map(({ streamId }) => streamId))).not.toContain(1);
  peer.destroy();
});

test("writing on after a reset, an end, or the loss of the connection does nothing", async () => {
  const streams: ServerStream[] = [];
  const { server, port } = await socketServer((stream) => {
    streams.push(stream);
    return SILENT;
  });
  ends.push(() => server.destroy());
  const peer = await RawPeer.connect(port);
  peer.send(peer.headers(1), peer.headers(3), peer.headers(5), reset(1));
  await peer.until(() => peer.of(FRAME.SETTINGS).length === 2);
  while (streams.length < 3) await new Promise((resolve) => setImmediate(resolve));
  const [cancelled, ended, lost] = streams as [ServerStream, ServerStream, ServerStream];
  ended.respondOnly([":status", "200"]);
  await peer.until(() => peer.of(FRAME.HEADERS, 3).length === 1);
  peer.destroy();
  await new Promise((resolve) => setImmediate(resolve));
  server.destroy();
  for (const stream of [cancelled, ended, lost]) {
    stream.respond([":status", "200"]);
    expect(stream.write(Buffer.alloc(1_000_000))).toBe("go");
    expect(stream.end(["x-end", "yes"])).toBe("sent");
    stream.read("hold");
    stream.read("flow");
    stream.reset(8);
  }
});
