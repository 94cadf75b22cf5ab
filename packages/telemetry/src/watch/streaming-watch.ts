import { type Aborting, listenTo, ParleyError, type StreamEnd, type StreamWatcher, unlistenTo } from "@parley/core";
import { type CallOutcome, failed } from "./call-outcome.ts";
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
  readonly #aborting: Aborting;
  readonly #ended: (outcome: CallOutcome) => void;
  readonly #stopwatch: Stopwatch;
  readonly #startMs: number;
  #responses = 0;
  #over = false;

  constructor(aborting: Aborting, ended: (outcome: CallOutcome) => void, stopwatch: Stopwatch) {
    this.#aborting = aborting;
    this.#ended = ended;
    this.#stopwatch = stopwatch;
    this.#startMs = stopwatch();
    if (!aborting.aborted) listenTo(aborting, this);
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
    unlistenTo(this.#aborting, this);
    const durationMs = this.#stopwatch() - this.#startMs;
    const messages = { requests: this.requests.count, responses: this.#responses };
    this.#ended(
      thrown === undefined ? { code: "OK", durationMs, messages } : { ...failed(thrown, durationMs), messages },
    );
  }
}

function stoppedReading(): ParleyError {
  return new ParleyError("CANCELLED", "the reader stopped before the end of the stream");
}
