import { systemClock, type Timer } from "@parley/core";
import type { ClientCompatRequest_Cancel } from "../gen/connectrpc/conformance/v1/compat_pb.ts";

/** Cancels a call at the moment that the suite names. Disposing of it drops a timer that is still set. */
export interface Cancellation extends Disposable {
  readonly signal: AbortSignal;
  /** All has been sent, and the sending is about to end. */
  beforeCloseSend(): void;
  /** The sending has ended. */
  afterSending(): void;
  /** So many replies have come. */
  afterReplies(count: number): void;
}

export function createCancellation(timing: ClientCompatRequest_Cancel["cancelTiming"] | undefined): Cancellation {
  const controller = new AbortController();
  let timer: Timer | undefined;
  return {
    signal: controller.signal,
    beforeCloseSend() {
      if (timing?.case === "beforeCloseSend") controller.abort();
    },
    afterSending() {
      if (timing?.case === "afterCloseSendMs") timer = systemClock.setTimer(timing.value, () => controller.abort());
    },
    afterReplies(count) {
      if (timing?.case === "afterNumResponses" && timing.value === count) controller.abort();
    },
    [Symbol.dispose]: () => timer?.cancel(),
  };
}
