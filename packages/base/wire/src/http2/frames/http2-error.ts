import { HTTP2_CODES } from "../http2.ts";

/** The peer broke a rule that concerns the whole connection: it ends with GOAWAY (RFC 9113, section 5.4.1). */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly code: number;

  constructor(code: keyof typeof HTTP2_CODES, message: string) {
    super(message);
    this.code = HTTP2_CODES[code];
  }
}

/** The peer broke a rule that concerns one stream: it ends with RST_STREAM (section 5.4.2). */
export class StreamError extends Error {
  override readonly name = "StreamError";
  readonly code: number;
  readonly streamId: number;

  constructor(streamId: number, code: keyof typeof HTTP2_CODES, message: string) {
    super(message);
    this.streamId = streamId;
    this.code = HTTP2_CODES[code];
  }
}
