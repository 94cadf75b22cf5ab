import { CONNECTION_WINDOW_BYTES, STREAM_WINDOW_BYTES } from "../window.ts";

/** What bounds one connection. Each has a default that suits gRPC between services. */
export interface ConnectionLimits {
  /** Streams that the peer may have open at once: SETTINGS_MAX_CONCURRENT_STREAMS. */
  readonly maxConcurrentStreams: number;
  /** The largest header list that is accepted, counted as in RFC 9113, section 6.5.2. */
  readonly maxHeaderListBytes: number;
  /** What a peer may send on one stream before we have read any of it. */
  readonly streamWindowBytes: number;
  /** The same for all streams of the connection together. */
  readonly connectionWindowBytes: number;
  /** Frames without progress (see {@link FrameBudget}) that are taken at once, and per second in the long run. */
  readonly idleFrameBurst: number;
  readonly idleFramesPerSecond: number;
}

export const DEFAULT_LIMITS: ConnectionLimits = {
  maxConcurrentStreams: 1_000,
  maxHeaderListBytes: 64 * 1_024,
  streamWindowBytes: STREAM_WINDOW_BYTES,
  connectionWindowBytes: CONNECTION_WINDOW_BYTES,
  idleFrameBurst: 20_000,
  idleFramesPerSecond: 2_000,
};
