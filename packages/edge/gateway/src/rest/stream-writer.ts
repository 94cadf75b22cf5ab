import type { Writable } from "node:stream";
import { type Clock, ParleyError, type Timer } from "@parley/core";
import { drained } from "../kernel/send-response.ts";
import type { StreamFormat } from "./stream-format.ts";

/** Writes a stream to a client at the client's own pace. */
export interface StreamWriter {
  /** Resolves once there is room for more; rejects if the client is gone or reads nothing for too long. */
  write(content: string | Uint8Array): Promise<void>;
  end(): void;
  fail(json: string): void;
}

export interface StreamWriterOptions {
  readonly stream: Writable;
  readonly format: StreamFormat;
  readonly stallTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly clock: Clock;
}

/** Writes elements, and a sign of life whenever the stream is quiet. The head has been sent. */
export function openStream(options: StreamWriterOptions): StreamWriter {
  const { stream: raw, format, stallTimeoutMs, heartbeatMs, clock } = options;
  let state: "open" | "ended" = "open";
  let heartbeat: Timer | undefined;

  const beat = (): void => {
    if (format.heartbeat === undefined || state !== "open") return;
    heartbeat = clock.setTimer(heartbeatMs, () => {
      if (!raw.writableNeedDrain) raw.write(format.heartbeat);
      beat();
    });
  };
  const rest = (): void => heartbeat?.cancel();

  raw.once("close", () => {
    state = "ended";
    rest();
  });
  beat();

  return {
    async write(content) {
      if (state === "ended") throw new ParleyError("CANCELLED", "the client went away");
      rest();
      if (!raw.write(format.element(content))) await drained(raw, stallTimeoutMs, clock);
      beat();
    },
    end() {
      if (state === "ended") return;
      state = "ended";
      rest();
      raw.end(format.end);
    },
    fail(json) {
      if (state === "ended") return;
      state = "ended";
      rest();
      const text = format.failure(json);
      if (format.afterFailure === "end") raw.end(text);
      else raw.write(text, () => raw.destroy());
    },
  };
}
