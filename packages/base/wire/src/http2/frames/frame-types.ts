/** Frame types (RFC 9113, section 6). */
export const FRAME = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

/** Flags; what a bit means depends on the type of frame. */
export const FLAG = {
  /** SETTINGS, PING. */
  ACK: 0x1,
  /** DATA, HEADERS. */
  END_STREAM: 0x1,
  /** HEADERS, CONTINUATION. */
  END_HEADERS: 0x4,
  /** DATA, HEADERS. */
  PADDED: 0x8,
  /** HEADERS. */
  PRIORITY: 0x20,
} as const;

/** Settings (RFC 9113, section 6.5.2). */
export const SETTING = {
  HEADER_TABLE_SIZE: 1,
  ENABLE_PUSH: 2,
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
  MAX_HEADER_LIST_SIZE: 6,
  /**
   * Resets of streams that a server takes at once, and per second in the long run: Parley's own, from the range for experiments
   * (RFC 7540, section 11.3). A peer ignores a setting that it does not know (RFC 9113, section 6.5.2).
   */
  RESET_BURST: 0xf0a0,
  RESETS_PER_SECOND: 0xf0a1,
} as const;

export const FRAME_HEADER_BYTES = 9;
/** Every peer takes frames of this size; we never send or allow larger ones (section 4.2). */
export const MAX_FRAME_BYTES = 16_384;
/** Windows before SETTINGS say otherwise (section 6.9.2), and the most they can be (section 6.9.1). */
export const DEFAULT_WINDOW_BYTES = 65_535;
export const MAX_WINDOW_BYTES = 2 ** 31 - 1;
export const MAX_STREAM_ID = 2 ** 31 - 1;
/** What a client sends first (section 3.4). */
export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
