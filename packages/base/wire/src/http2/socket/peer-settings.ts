import { DEFAULT_WINDOW_BYTES, MAX_FRAME_BYTES, MAX_WINDOW_BYTES, SETTING } from "../frames/frame-types.ts";
import { ConnectionError } from "../frames/http2-error.ts";

/** What the peer has said of itself (RFC 9113, section 6.5.2). Settings that mean nothing to us are skipped. */
export class PeerSettings {
  /** The peer has spoken at all: SETTINGS are the first frame of a connection. */
  arrived = false;
  /** The window each stream starts with. */
  initialWindow = DEFAULT_WINDOW_BYTES;
  /** How many streams we may have open. */
  maxStreams = Number.POSITIVE_INFINITY;
  /** The largest header list that it takes. */
  maxHeaderListBytes = Number.POSITIVE_INFINITY;
  resetBurst: number | undefined = undefined;
  resetsPerSecond: number | undefined = undefined;
  readonly #out: { setMaxTableBytes(maxBytes: number): void };

  constructor(out: { setMaxTableBytes(maxBytes: number): void }) {
    this.#out = out;
  }

  /** @throws ConnectionError for a value that the specification forbids. */
  take(settings: readonly (readonly [id: number, value: number])[]): void {
    this.arrived = true;
    for (const [id, value] of settings) this.#takeOne(id, value);
  }

  #takeOne(id: number, value: number): void {
    switch (id) {
      case SETTING.HEADER_TABLE_SIZE:
        return this.#out.setMaxTableBytes(value);
      case SETTING.ENABLE_PUSH:
        if (value > 1) throw new ConnectionError("PROTOCOL_ERROR", `ENABLE_PUSH is ${value}`);
        return;
      case SETTING.MAX_CONCURRENT_STREAMS:
        this.maxStreams = value;
        return;
      case SETTING.INITIAL_WINDOW_SIZE:
        if (value > MAX_WINDOW_BYTES)
          throw new ConnectionError("FLOW_CONTROL_ERROR", `INITIAL_WINDOW_SIZE is ${value}`);
        this.initialWindow = value;
        return;
      case SETTING.MAX_HEADER_LIST_SIZE:
        this.maxHeaderListBytes = value;
        return;
      case SETTING.RESET_BURST:
        this.resetBurst = value;
        return;
      case SETTING.RESETS_PER_SECOND:
        this.resetsPerSecond = value;
        return;
      case SETTING.MAX_FRAME_SIZE:
        // We never send a larger frame than every peer takes, so a right value changes nothing.
        if (value < MAX_FRAME_BYTES || value >= 2 ** 24) {
          throw new ConnectionError("PROTOCOL_ERROR", `MAX_FRAME_SIZE is ${value}`);
        }
    }
  }
}
