import type { Writable } from "node:stream";
import { type Clock, ParleyError, type Timer } from "@parley/core";
import type { Answer } from "./answer.ts";
import type { StreamFormat } from "./stream-format.ts";

/** Writes a stream to a client at the client's own pace. */
export interface StreamWriter {
  /** Resolves once there is room for more; rejects if the client is gone or reads nothing for too long. */
  write(content: string | Uint8Array): Promise<void>;
  end(): void;
  fail(json: string): void;
}

export interface StreamWriterOptions {
  readonly answer: Answer;
  readonly format: StreamFormat;
  readonly status: number;
  readonly stallTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly clock: Clock;
}

/** Sends the head, and from then on a sign of life whenever the stream is quiet. */
export function openStream(options: StreamWriterOptions): StreamWriter {
  const { answer, format, status, stallTimeoutMs, heartbeatMs, clock } = options;
  answer.header("cache-control", "no-store");
  const raw = answer.begin(status, format.contentType);
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

function drained(raw: Writable, limitMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      timer.cancel();
      raw.off("drain", onDrain).off("close", onClose);
    };
    const onDrain = (): void => {
      settle();
      resolve();
    };
    const onClose = (): void => {
      settle();
      reject(new ParleyError("CANCELLED", "the client went away"));
    };
    const timer = clock.setTimer(limitMs, () => raw.destroy());
    raw.once("drain", onDrain).once("close", onClose);
    if (raw.destroyed) onClose();
  });
}
