import { type Call, ParleyError } from "@parley/core";
import {
  type AbortLike,
  abortOf,
  addAbortListener,
  removeAbortListener,
  type StreamEnd,
  type StreamWatcher,
} from "@parley/core/internal";
import { type CallEnded, failed } from "./call-outcome.ts";
import type { Stopwatch } from "./stopwatch.ts";

/** The messages of a call's requests. */
class RequestCount implements StreamWatcher {
  count = 0;

  onMessage(): void {
    this.count += 1;
  }
}

/** A streaming call under watch; it hears of the replies itself. Closures would hold thrice as much for as long as it is open. */
export class StreamingWatch implements StreamWatcher {
  readonly requests = new RequestCount();
  readonly #call: Call;
  readonly #ended: CallEnded;
  readonly #stopwatch: Stopwatch;
  readonly #startMs: number;
  #responses = 0;
  #over = false;

  constructor(call: Call, ended: CallEnded, stopwatch: Stopwatch) {
    this.#call = call;
    this.#ended = ended;
    this.#stopwatch = stopwatch;
    this.#startMs = stopwatch();
    if (!this.#aborting.aborted) addAbortListener(this.#aborting, this);
  }

  get #aborting(): AbortLike {
    return abortOf(this.#call.context);
  }

  onMessage(): void {
    this.#responses += 1;
  }

  onEnd(outcome: StreamEnd): void {
    if (outcome.how === "finished") this.finish();
    else if (outcome.how === "failed") this.fail(outcome.thrown);
    else this.fail(this.#aborting.aborted ? this.#aborting.reason : stoppedReading());
  }

  /** The call was aborted. */
  handleEvent(): void {
    this.fail(this.#aborting.reason);
  }

  finish(): void {
    this.#end(undefined);
  }

  fail(thrown: unknown): void {
    this.#end(thrown ?? new Error("nothing was thrown"));
  }

  #end(thrown: unknown): void {
    if (this.#over) return;
    this.#over = true;
    removeAbortListener(this.#aborting, this);
    const durationMs = this.#stopwatch() - this.#startMs;
    const messages = { requests: this.requests.count, responses: this.#responses };
    this.#ended(this.#call, {
      ...(thrown === undefined ? { code: "OK", durationMs } : failed(thrown, durationMs)),
      messages,
    });
  }
}

function stoppedReading(): ParleyError {
  return new ParleyError("CANCELLED", "the reader stopped before the end of the stream");
}
