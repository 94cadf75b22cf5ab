import { type FrameHandler, FrameParser } from "../frames/frame-parser.ts";
import { ConnectionError, StreamError } from "../frames/http2-error.ts";
import type { DecodedBlock } from "../hpack/decoder.ts";
import { type HeaderList, HTTP2_CODES, type Keeping, nameOfCode } from "../http2.ts";
import { FrameBudget } from "./frame-budget.ts";
import { type HeaderKind, headerFault } from "./header-rules.ts";
import { PeerSettings } from "./peer-settings.ts";
import { Pings } from "./pings.ts";
import { ReceiveWindow } from "./receive-window.ts";
import { SocketConnection, type SocketConnectionOptions } from "./socket-connection.ts";
import type { SocketStream } from "./socket-stream.ts";
import { StreamWindow } from "./stream-window.ts";

/** SETTINGS_HEADER_TABLE_SIZE as it is before anyone changes it, and we do not. */
const HEADER_TABLE_BYTES = 4_096;

/**
 * What frames mean, at either end: each rule of RFC 9113, section 6, stands where its frame does. The client's and the
 * server's ends say how streams begin and what HEADERS are.
 *
 * A fault of the peer's ends one stream (RST_STREAM) or everything (GOAWAY), as the rule that it broke says.
 */
export abstract class FramedConnection extends SocketConnection implements FrameHandler {
  protected readonly peerSettings: PeerSettings;
  readonly #parser: FrameParser;
  readonly #budget: FrameBudget;
  readonly #receiveWindow: ReceiveWindow;
  readonly #streamWindow: StreamWindow;
  readonly #pings = new Pings();
  #settingsAcknowledged = false;

  constructor(options: SocketConnectionOptions, ownSettings: readonly (readonly [number, number])[]) {
    super(options, ownSettings);
    const { limits, clock } = options;
    this.peerSettings = new PeerSettings(this.out);
    this.#budget = new FrameBudget(limits.idleFrameBurst, limits.idleFramesPerSecond, clock);
    this.#receiveWindow = new ReceiveWindow(limits.connectionWindowBytes, this.out);
    this.#streamWindow = new StreamWindow(limits.streamWindowBytes, this);
    this.#parser = new FrameParser(this, {
      maxTableBytes: HEADER_TABLE_BYTES,
      maxHeaderListBytes: limits.maxHeaderListBytes,
    });
  }

  /** Whether a stream of this id would be begun by this side. */
  protected abstract isOwnId(streamId: number): boolean;
  /** Whether no stream of this id has been begun yet. */
  protected abstract isIdle(streamId: number): boolean;
  protected abstract headerKind(stream: SocketStream | undefined): HeaderKind;
  protected abstract onNewStream(streamId: number, headers: HeaderList, endStream: boolean): void;
  protected abstract onMoreHeaders(stream: SocketStream, headers: HeaderList, endStream: boolean): void;
  protected abstract onPeerGoing(code: number, debug: string): void;
  protected abstract onMaxStreams(limit: number): void;

  get maxHeaderListBytes(): number {
    return this.peerSettings.maxHeaderListBytes;
  }

  get streamWindowBytes(): number {
    return this.#streamWindow.bytes;
  }

  onGrant(): void {
    this.#streamWindow.measure();
  }

  /** Sends a PING and calls back when it is acknowledged. */
  ping(onAck: () => void): boolean {
    const payload = this.closed ? undefined : this.#pings.begin(onAck);
    if (payload) this.out.ping(payload, false);
    return payload !== undefined;
  }

  /** Section 6.1. */
  onData(streamId: number, bytes: Uint8Array, windowBytes: number, endStream: boolean): Keeping {
    this.#receiveWindow.take(windowBytes);
    this.#streamWindow.take(windowBytes);
    const stream = this.streams.get(streamId);
    if (!stream || stream.remoteEnded) {
      this.#onStray("DATA", streamId, windowBytes);
      return "copied";
    }
    if (this.headerKind(stream) === "response") {
      throw new StreamError(streamId, "PROTOCOL_ERROR", "DATA before the HEADERS of the response"); // section 8.1
    }
    // Before the data is told: who answers at once must not be taken for one who has stopped listening.
    stream.remoteEnded = endStream;
    const keeping = stream.receive(bytes, windowBytes);
    if (stream.dead) return keeping;
    if (endStream) this.endRemote(stream, NO_HEADERS);
    else stream.grant();
    return keeping;
  }

  /** Section 6.2. */
  onHeaders(streamId: number, { headers, fault: ofField }: DecodedBlock, endStream: boolean): void {
    if (this.closed) return; // it stood behind what ended the connection, in the same bytes: nobody would end the stream
    const stream = this.streams.get(streamId);
    if (!stream && (this.isOwnId(streamId) || !this.isIdle(streamId))) return this.#onStray("HEADERS", streamId, 0);
    if (stream?.remoteEnded) throw new StreamError(streamId, "STREAM_CLOSED", "HEADERS after END_STREAM");
    if (!stream) this.lastPeerStreamId = streamId;
    if (!headers) throw new StreamError(streamId, "ENHANCE_YOUR_CALM", "the header list is too large");
    const fault = ofField ?? headerFault(headers, this.headerKind(stream));
    if (fault !== undefined) throw new StreamError(streamId, "PROTOCOL_ERROR", fault); // section 8.1.1
    if (stream) this.onMoreHeaders(stream, headers, endStream);
    else this.onNewStream(streamId, headers, endStream);
  }

  /** Section 6.4. Resets of our own streams are bounded by how many we open; those of the peer's are work it makes us do. */
  onReset(streamId: number, code: number): void {
    if (this.isIdle(streamId)) throw new ConnectionError("PROTOCOL_ERROR", "RST_STREAM on an idle stream");
    const stream = this.streams.get(streamId);
    if (!stream && this.streams.takeLateFrame(streamId)) return;
    if (!stream || !this.isOwnId(streamId)) this.onIdleFrame("RST_STREAM");
    if (!stream) return;
    this.forget(stream);
    stream.tellReset({ by: "peer", code });
  }

  /** Section 6.5. Only what a frame says in the end is acted on: one that repeats itself costs no more than another. */
  onSettings(settings: readonly (readonly [id: number, value: number])[]): void {
    const { arrived, initialWindow, maxStreams } = this.peerSettings;
    this.peerSettings.take(settings);
    const change = this.peerSettings.initialWindow - initialWindow;
    // Section 6.9.2: open streams change by the difference, and may become negative.
    if (change !== 0) {
      for (const stream of this.streams.all()) {
        if (stream.changeSendWindow(change) === "too_large") throw new ConnectionError("FLOW_CONTROL_ERROR", TOO_LARGE);
      }
    }
    this.out.settingsAck();
    this.outflow.serve(); // behind the acknowledgement (section 6.5.3)
    if (!arrived && !this.#settingsAcknowledged) this.limitHandshake();
    if (!arrived || this.peerSettings.maxStreams !== maxStreams) this.onMaxStreams(this.peerSettings.maxStreams);
  }

  /** Section 6.5.3. */
  onSettingsAck(): void {
    if (this.#settingsAcknowledged) return this.onIdleFrame("acknowledgements of SETTINGS");
    this.#settingsAcknowledged = true;
    this.endHandshake();
  }

  /** Section 6.7. */
  onPing(payload: Buffer, isAck: boolean): void {
    if (!isAck) this.out.ping(payload, true);
    else if (!this.#pings.settle(payload)) this.onIdleFrame("answers to no PING");
  }

  /** Section 6.8. */
  onGoaway(lastStreamId: number, code: number, debug: string): void {
    for (const stream of this.streams.all()) {
      if (!this.isOwnId(stream.id) || stream.id <= lastStreamId) continue;
      this.forget(stream);
      stream.tellReset({ by: "peer", code: HTTP2_CODES.REFUSED_STREAM });
    }
    this.onPeerGoing(code, debug);
    // With an error the peer has given the connection up, whatever it says of streams. It may still be sending: to close in
    // order keeps TCP from resetting it, and from dropping what we have written before.
    if (code !== HTTP2_CODES.NO_ERROR) this.finish(`GOAWAY ${nameOfCode(code)}${debug && `: ${debug}`}`);
  }

  /** Section 6.9. */
  onWindowUpdate(streamId: number, increment: number): void {
    if (streamId === 0) {
      if (increment === 0) throw new ConnectionError("PROTOCOL_ERROR", "WINDOW_UPDATE by 0");
      return this.outflow.grow(increment);
    }
    if (this.isIdle(streamId)) throw new ConnectionError("PROTOCOL_ERROR", "WINDOW_UPDATE on an idle stream");
    const stream = this.streams.get(streamId);
    if (!stream) {
      const isLate = this.streams.takeLateFrame(streamId) || this.outflow.takeLateUpdate();
      return isLate ? undefined : this.onIdleFrame("WINDOW_UPDATE");
    }
    if (increment === 0) throw new StreamError(streamId, "PROTOCOL_ERROR", "WINDOW_UPDATE by 0");
    if (stream.changeSendWindow(increment) === "too_large") {
      throw new StreamError(streamId, "FLOW_CONTROL_ERROR", TOO_LARGE);
    }
    this.outflow.serve();
  }

  onIdleFrame(what: string): void {
    this.#budget.spend(what);
  }

  /**
   * Section 5.4.2. A peer that makes us reset its streams frees their places as if it had reset them itself, so it pays as
   * for that (CVE-2025-8671).
   */
  onStreamError(error: StreamError): void {
    this.onIdleFrame("faulty");
    const stream = this.streams.get(error.streamId);
    this.writeReset(error.streamId, error.code, stream?.receiveWindow ?? 0);
    if (!stream) return;
    this.forget(stream);
    stream.tellReset({ by: "fault", reason: error.message, code: error.code });
  }

  /** The peer has sent all it will on a stream. */
  protected endRemote(stream: SocketStream, trailers: HeaderList): void {
    stream.endRemote(trailers);
    if (!stream.dead) this.afterEnd(stream);
  }

  /** A frame for a stream that is not open: late, if we reset the stream; otherwise against section 5.1. */
  #onStray(what: "DATA" | "HEADERS", streamId: number, windowBytes: number): void {
    if (this.isIdle(streamId)) throw new ConnectionError("PROTOCOL_ERROR", `${what} on an idle stream`);
    const isLate =
      what === "DATA" ? this.streams.takeLateData(streamId, windowBytes) : this.streams.takeLateFrame(streamId);
    if (isLate) return;
    if (this.streams.wasReset(streamId)) return this.onIdleFrame(what);
    if (what === "DATA") throw new StreamError(streamId, "STREAM_CLOSED", "DATA on a closed stream");
    throw new ConnectionError("STREAM_CLOSED", "HEADERS on a closed stream");
  }

  protected parse(chunk: Buffer): Keeping {
    return this.#parser.feed(chunk);
  }
}

const NO_HEADERS: HeaderList = [];
const TOO_LARGE = "the window of a stream is larger than 2^31-1";
