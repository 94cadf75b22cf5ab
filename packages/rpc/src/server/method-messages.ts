import type { Message } from "@bufbuild/protobuf";
import type { CallContext, ParleyError } from "@parley/core";
import { within } from "./within.ts";

export interface MethodMessagesOptions {
  /** Each step runs in it: a generator otherwise runs in that of whoever asks for the next element. */
  readonly context: CallContext;
  readonly toMessage: (answer: unknown) => Message;
  /** What a failure of the method is to the caller. */
  readonly failure: (thrown: unknown) => ParleyError;
}

/** What a streaming method gives, as messages: one promise for each, where a generator would make four. */
export class MethodMessages implements AsyncIterableIterator<Message, undefined> {
  readonly #open: () => AsyncIterable<unknown>;
  readonly #options: MethodMessagesOptions;
  #answers: AsyncIterator<unknown> | undefined;
  #over = false;

  constructor(open: () => AsyncIterable<unknown>, options: MethodMessagesOptions) {
    this.#open = open;
    this.#options = options;
  }

  next(): Promise<IteratorResult<Message, undefined>> {
    if (this.#over) return Promise.resolve(END);
    try {
      return within(this.#options.context, this.#step).then(this.#onResult, this.#onError);
    } catch (thrown) {
      this.#over = true;
      return Promise.reject(this.#options.failure(thrown));
    }
  }

  async return(): Promise<IteratorResult<Message, undefined>> {
    this.#stop();
    return END;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly #step = (): Promise<IteratorResult<unknown>> => {
    this.#answers ??= this.#open()[Symbol.asyncIterator]();
    return this.#answers.next();
  };

  readonly #onResult = (result: IteratorResult<unknown>): IteratorResult<Message, undefined> => {
    if (result.done) {
      this.#over = true;
      return END;
    }
    try {
      return { done: false, value: this.#options.toMessage(result.value) };
    } catch (thrown) {
      this.#stop();
      throw this.#options.failure(thrown);
    }
  };

  readonly #onError = (thrown: unknown): never => {
    this.#over = true;
    throw this.#options.failure(thrown);
  };

  /** Not awaited: a method that is busy with a step ends after it, and what it throws on its way out concerns nobody. */
  #stop(): void {
    this.#over = true;
    const { context } = this.#options;
    const ending = this.#answers && within(context, () => this.#answers?.return?.());
    ending?.catch(() => {});
  }
}

const END: IteratorResult<Message, undefined> = { done: true, value: undefined };
