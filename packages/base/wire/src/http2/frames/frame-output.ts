import type { Socket } from "node:net";
import { releaseBuffer } from "../../buffers/buffer-pool.ts";
import { ByteWriter } from "../byte-writer.ts";
import { HpackEncoder } from "../hpack/encoder.ts";
import type { HeaderList } from "../http2.ts";
import { FLAG, FRAME, MAX_FRAME_BYTES } from "./frame-types.ts";

/** Above this much unsent output, writers of data are asked to wait. */
const CONGESTED_BYTES = 256 * 1_024;

/**
 * With this much a write does not wait for the end of the turn, so that the peer begins while we go on. Each further write of
 * the turn waits for twice as much, so that a long stream costs few. Measured with 64 unary calls in flight, a client and a
 * server on two cores: 57,000 calls/s without, as each waits for the other to be done with all of them; 83,000 with.
 */
const FIRST_WRITE_BYTES = 2_048;

/** What may lie unsent before a peer that only makes us answer is cut off. */
const CHOKED_BYTES = 4 * 1_024 * 1_024;

/**
 * Frames on their way out. What is written during one turn of the event loop, by any number of streams, leaves
 * together after it, or in a few writes if it is much.
 */
export class FrameOutput {
  /** Too much is unsent: writers of data wait until the owner's `onDrain`. */
  congested = false;
  readonly #socket: Socket;
  readonly #owner: { onDrain(): void };
  readonly #bytes = new ByteWriter();
  readonly #encoder = new HpackEncoder();
  #spent: ArrayBufferLike[] | undefined;
  #flushing = false;
  #writeAtBytes = FIRST_WRITE_BYTES;

  constructor(socket: Socket, owner: { onDrain(): void }) {
    this.#socket = socket;
    this.#owner = owner;
    socket.on("drain", () => this.#drained());
  }

  /** More than a peer that reads would ever leave unread. */
  get choked(): boolean {
    return this.#socket.writableLength + this.#bytes.length > CHOKED_BYTES;
  }

  /** Takes the peer's SETTINGS_HEADER_TABLE_SIZE. */
  setMaxTableBytes(maxBytes: number): void {
    this.#encoder.setMaxTableBytes(maxBytes);
  }

  bytes(bytes: Uint8Array): void {
    this.#bytes.bytes(bytes);
    this.#schedule();
  }

  /** Two lists as one; `common` as in {@link HpackEncoder.encode}. */
  headers(streamId: number, common: HeaderList, own: HeaderList, endStream: boolean): void {
    const flags = endStream ? FLAG.END_STREAM : 0;
    if (mostOctets(common) + mostOctets(own) <= MAX_FRAME_BYTES) {
      this.#bytes.beginFrame(FRAME.HEADERS, flags | FLAG.END_HEADERS, streamId);
      this.#encoder.encode(common, own, this.#bytes);
      this.#bytes.endFrame();
    } else {
      this.#longHeaders(streamId, common, own, flags);
    }
    this.#schedule();
  }

  /**
   * At most {@link MAX_FRAME_BYTES} of data; the caller has made sure that both windows allow it.
   * @param spent the buffer that has been sent whole with this, and is given back once the socket is done with it.
   */
  data(streamId: number, bytes: Uint8Array, endStream: boolean, spent?: ArrayBufferLike): void {
    this.#bytes.frameHeader(bytes.length, FRAME.DATA, endStream ? FLAG.END_STREAM : 0, streamId);
    this.#bytes.bytes(bytes);
    if (spent && spent.byteLength > MAX_FRAME_BYTES) this.#spent = [...(this.#spent ?? []), spent];
    this.#schedule();
  }

  settings(settings: readonly (readonly [id: number, value: number])[]): void {
    this.#bytes.frameHeader(settings.length * 6, FRAME.SETTINGS, 0, 0);
    for (const [id, value] of settings) {
      this.#bytes.byte(id >>> 8);
      this.#bytes.byte(id);
      this.#bytes.uint32(value);
    }
    this.#schedule();
  }

  settingsAck(): void {
    this.#bytes.frameHeader(0, FRAME.SETTINGS, FLAG.ACK, 0);
    this.#schedule();
  }

  /** @param payload eight bytes. */
  ping(payload: Uint8Array, isAck: boolean): void {
    this.#bytes.frameHeader(8, FRAME.PING, isAck ? FLAG.ACK : 0, 0);
    this.#bytes.bytes(payload);
    this.#schedule();
  }

  windowUpdate(streamId: number, increment: number): void {
    this.#bytes.frameHeader(4, FRAME.WINDOW_UPDATE, 0, streamId);
    this.#bytes.uint32(increment);
    this.#schedule();
  }

  reset(streamId: number, code: number): void {
    this.#bytes.frameHeader(4, FRAME.RST_STREAM, 0, streamId);
    this.#bytes.uint32(code);
    this.#schedule();
  }

  goaway(lastStreamId: number, code: number, debug = ""): void {
    this.#bytes.frameHeader(8 + debug.length, FRAME.GOAWAY, 0, 0);
    this.#bytes.uint32(lastStreamId);
    this.#bytes.uint32(code);
    this.#bytes.latin1(debug);
    this.#schedule();
  }

  /** A block that needs CONTINUATION frames (RFC 9113, section 6.10). */
  #longHeaders(streamId: number, common: HeaderList, own: HeaderList, firstFlags: number): void {
    const writer = new ByteWriter();
    this.#encoder.encode(common, own, writer);
    const block = Buffer.concat(writer.take());
    for (let at = 0; at < block.length; at += MAX_FRAME_BYTES) {
      const part = block.subarray(at, at + MAX_FRAME_BYTES);
      const lastFlag = at + part.length === block.length ? FLAG.END_HEADERS : 0;
      const [type, flags] = at === 0 ? [FRAME.HEADERS, firstFlags] : [FRAME.CONTINUATION, 0];
      this.#bytes.frameHeader(part.length, type, flags | lastFlag, streamId);
      this.#bytes.bytes(part);
    }
  }

  #schedule(): void {
    if (this.#bytes.length + this.#socket.writableLength > CONGESTED_BYTES) this.congested = true;
    if (this.#bytes.length >= this.#writeAtBytes) {
      this.#writeAtBytes *= 2;
      this.flush();
    }
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#writeAtBytes = FIRST_WRITE_BYTES;
      this.flush();
      if (this.congested && !this.#socket.writableNeedDrain) this.#drained();
    });
  }

  /** Hands all that is written to the socket. */
  flush(): void {
    const pieces = this.#bytes.take();
    const spent = this.#spent;
    this.#spent = undefined;
    if (pieces.length === 0 || this.#socket.destroyed || this.#socket.writableEnded) return;
    if (pieces.length > 1) this.#socket.cork();
    const last = pieces.length - 1;
    for (let at = 0; at < last; at++) this.#socket.write(pieces[at] as Buffer);
    // Without an error: one that failed may still lie with the system.
    const onWritten = spent && ((error?: Error | null): void => (error ? undefined : spent.forEach(releaseBuffer)));
    this.#socket.write(pieces[last] as Buffer, onWritten);
    if (pieces.length > 1) this.#socket.uncork();
  }

  #drained(): void {
    this.congested = false;
    this.#owner.onDrain();
  }
}

/** No list takes more than this: a field takes its bytes and at most twelve, an announced table size at most eight. */
function mostOctets(headers: HeaderList): number {
  let bytes = 8;
  for (const text of headers) bytes += text.length + 6;
  return bytes;
}
