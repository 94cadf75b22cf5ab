import type { Message } from "@bufbuild/protobuf";
import type { CallContext, ParleyError } from "@parley/core";
import type { ErrorMetadata } from "../grpc/error-metadata.ts";
import { within } from "./within.ts";

/** What all calls of a method share. */
export interface MethodSteps {
  toMessage(answer: unknown): Message;
  /** What a failure of the method is to the caller, with what it had set as metadata. */
  failure(thrown: unknown, metadata: ErrorMetadata): ParleyError;
}

/** What a streaming method gives, as messages: one promise for each, where a generator would make four. */
export class MethodMessages implements AsyncIterableIterator<Message, undefined> {
  readonly #open: () => AsyncIterable<unknown>;
  readonly #steps: MethodSteps;
  readonly #context: CallContext;
  readonly #metadata: ErrorMetadata;
  #answers: AsyncIterator<unknown> | undefined;
  #over = false;

  /** @param context each step runs in it: a generator otherwise runs in that of whoever asks for the next element. */
  constructor(
    open: () => AsyncIterable<unknown>,
    steps: MethodSteps,
    { context, metadata }: { readonly context: CallContext; readonly metadata: ErrorMetadata },
  ) {
    this.#open = open;
    this.#steps = steps;
    this.#context = context;
    this.#metadata = metadata;
  }

  next(): Promise<IteratorResult<Message, undefined>> {
    if (this.#over) return Promise.resolve(END);
    try {
      return within(this.#context, this.#step).then(this.#onResult, this.#onError);
    } catch (thrown) {
      this.#over = true;
      return Promise.reject(this.#steps.failure(thrown, this.#metadata));
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
      return { done: false, value: this.#steps.toMessage(result.value) };
    } catch (thrown) {
      this.#stop();
      throw this.#steps.failure(thrown, this.#metadata);
    }
  };

  readonly #onError = (thrown: unknown): never => {
    this.#over = true;
    throw this.#steps.failure(thrown, this.#metadata);
  };

  /** Not awaited: a method that is busy with a step ends after it, and what it throws on its way out concerns nobody. */
  #stop(): void {
    this.#over = true;
    const ending = this.#answers && within(this.#context, () => this.#answers?.return?.());
    ending?.catch(() => {});
  }
}

const END: IteratorResult<Message, undefined> = { done: true, value: undefined };
