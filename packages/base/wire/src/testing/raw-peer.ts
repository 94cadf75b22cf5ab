import { once } from "node:events";
import net from "node:net";
import { ByteWriter } from "../http2/byte-writer.ts";
import { FrameReader } from "../http2/frames/frame-reader.ts";
import { FLAG, FRAME, PREFACE } from "../http2/frames/frame-types.ts";
import { HpackEncoder } from "../http2/hpack/encoder.ts";
import { type HeaderList, nameOfCode } from "../http2/http2.ts";

export interface RawFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** A frame as bytes, right or wrong. */
export function frame(type: number, flags: number, streamId: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const writer = new ByteWriter();
  writer.frameHeader(payload.length, type, flags, streamId);
  writer.bytes(payload);
  return Buffer.concat(writer.take());
}

export function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}

export const settings = (...pairs: readonly (readonly [id: number, value: number])[]): Buffer =>
  frame(
    FRAME.SETTINGS,
    0,
    0,
    Buffer.concat(pairs.map(([id, value]) => Buffer.concat([Buffer.from([id >>> 8, id & 0xff]), uint32(value)]))),
  );
export const SETTINGS_ACK = frame(FRAME.SETTINGS, FLAG.ACK, 0);
export const reset = (streamId: number, code = 8): Buffer => frame(FRAME.RST_STREAM, 0, streamId, uint32(code));
export const windowUpdate = (streamId: number, increment: number): Buffer =>
  frame(FRAME.WINDOW_UPDATE, 0, streamId, uint32(increment));
export const data = (streamId: number, bytes: Uint8Array, end = false): Buffer =>
  frame(FRAME.DATA, end ? FLAG.END_STREAM : 0, streamId, bytes);

export const REQUEST: HeaderList = [":method", "POST", ":scheme", "http", ":authority", "test", ":path", "/a"];

/** One side of a connection that writes whatever a test wants, and writes down each frame that comes. */
export class RawPeer {
  readonly frames: RawFrame[] = [];
  /** The code and text of the GOAWAY that came, once the socket is closed. */
  readonly closed: Promise<{ readonly code: string | undefined; readonly debug: string }>;
  readonly #socket: net.Socket;
  readonly #encoder = new HpackEncoder();
  #changed = Promise.withResolvers<void>();

  constructor(socket: net.Socket) {
    this.#socket = socket;
    const reader = new FrameReader((type, flags, streamId, bytes, start, end) => {
      this.frames.push({ type, flags, streamId, payload: Buffer.from(bytes.subarray(start, end)) });
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
      return "copied";
    });
    let preface = 0;
    socket.on("data", (chunk: Buffer) => {
      const skip = this.readsPreface ? Math.min(PREFACE.length - preface, chunk.length) : 0;
      preface += skip;
      reader.feed(chunk.subarray(skip));
    });
    socket.on("error", () => {});
    // Not `once` of node:events, which rejects when the peer cuts off what is still being written.
    this.closed = new Promise<void>((resolve) => socket.once("close", () => resolve())).then(() => {
      const goaway = this.frames.findLast(({ type }) => type === FRAME.GOAWAY);
      return {
        code: goaway && nameOfCode(goaway.payload.readUInt32BE(4)),
        debug: goaway ? goaway.payload.toString("utf8", 8) : "",
      };
    });
  }

  /** Set on the server's side, where the client's first bytes are no frame. */
  readsPreface = false;

  /** A client that has said what a client must. */
  static async connect(port: number, ...first: Buffer[]): Promise<RawPeer> {
    const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    const peer = new RawPeer(socket);
    peer.send(PREFACE, ...(first.length > 0 ? first : [settings()]), SETTINGS_ACK);
    return peer;
  }

  send(...bytes: readonly Uint8Array[]): void {
    if (this.#socket.writable) this.#socket.write(Buffer.concat(bytes));
  }

  /** A header block in one frame, in the compression state of this connection. */
  headers(streamId: number, headers: HeaderList = REQUEST, end = true): Buffer {
    const flags = FLAG.END_HEADERS | (end ? FLAG.END_STREAM : 0);
    return frame(FRAME.HEADERS, flags, streamId, this.block(headers));
  }

  block(headers: HeaderList): Buffer {
    const writer = new ByteWriter();
    this.#encoder.encode([], headers, writer);
    return Buffer.concat(writer.take());
  }

  /** What has come, of one type and on one stream. */
  of(type: number, streamId?: number): RawFrame[] {
    return this.frames.filter((one) => one.type === type && (streamId === undefined || one.streamId === streamId));
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.#changed.promise;
  }

  /** Reads nothing more. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends our half, as a client does that will not write again. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** A listener whose connections are raw peers: for what a server may do to our client. */
export async function rawServer(onPeer: (peer: RawPeer) => void) {
  const peers = new Set<RawPeer>();
  const server = net.createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const peer = new RawPeer(socket);
    peer.readsPreface = true;
    peers.add(peer);
    onPeer(peer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as net.AddressInfo).port,
    close() {
      for (const peer of peers) peer.destroy();
      server.close();
    },
  };
}
