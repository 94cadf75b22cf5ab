import type { Message } from "@bufbuild/protobuf";
import type { Call } from "@parley/core";
import { stopIterator } from "@parley/core/internal";

/** One message and the end of the stream: all there is in a server-streaming call, and the first step of any other. */
const KEPT_RESULTS = 2;

/**
 * A request stream that may be read again from its beginning, as long as no more than {@link KEPT_RESULTS} results were
 * read. So a call can be sent again whose server did nothing with it, and no stream is ever buffered.
 */
export class ReplayableMessages implements AsyncIterable<Message> {
  readonly #source: AsyncIterator<Message>;
  readonly #kept: Promise<IteratorResult<Message>>[] = [];
  #read = 0;
  #settled = false;
  #stopped = false;

  constructor(source: AsyncIterable<Message>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  get replayable(): boolean {
    return !this.#settled && this.#read <= KEPT_RESULTS;
  }

  /** No attempt follows: from now on a reader that stops early ends the source, and one that stopped before did so too. */
  settle(): void {
    this.#settled = true;
    if (this.#stopped) this.#end();
  }

  [Symbol.asyncIterator](): AsyncIterator<Message> {
    let index = 0;
    return {
      // An attempt that failed may have left a read behind; the next attempt finds its result here, not lost.
      next: () => this.#kept[index++] ?? this.#pull(),
      return: async () => {
        this.#stopped = true;
        if (!this.replayable) this.#end();
        return { done: true, value: undefined };
      },
    };
  }

  /** Not awaited: a source that is busy with a read ends after it, and nobody is left to hear of its failure. */
  #end(): void {
    void stopIterator(this.#source);
  }

  #pull(): Promise<IteratorResult<Message>> {
    const result = this.#source.next();
    this.#read += 1;
    if (this.#read <= KEPT_RESULTS) this.#kept.push(result);
    return result;
  }
}

/** Whether an attempt that failed may be followed by another that sends the same messages. */
export function isReplayable(call: Call): boolean {
  return !call.streaming || (call.messages instanceof ReplayableMessages && call.messages.replayable);
}
