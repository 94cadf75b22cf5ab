import type { Clock, Logger } from "@parley/core";
import type { IdSource } from "@parley/core/internal";
import type { Caller, HeaderList, ServerStream } from "@parley/wire/internal/http2";
import type { Encoding } from "../grpc/compression.ts";
import type { DeadlineWheel } from "../grpc/deadline-wheel.ts";
import type { FrameFormat } from "../grpc/message-codec.ts";
import type { Route } from "./router.ts";

/** What all calls of a server share. */
export interface ExchangeServices {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly wheel: DeadlineWheel;
  readonly logger: Logger;
  readonly maxReceiveBytes: number;
}

/** A call as it arrives, before any of its messages; a call that is open does not hold it. */
export interface IncomingCall {
  readonly stream: ServerStream;
  /** For whoever looks at the metadata; of a stream, which may be open for long, those alone that it shows. */
  readonly headers: HeaderList;
  readonly caller: Caller;
  readonly route: Route;
  readonly deadlineMs: number;
  /** As the caller names it. */
  readonly tenant?: string | undefined;
  /** How the request's messages are packed. */
  readonly format: FrameFormat;
  /** How the response's are. */
  readonly encoding: Encoding;
}
