import type { Message } from "@bufbuild/protobuf";
import {
  type CallContext,
  type ParleyError,
  type StreamWatcher,
  takeWatcher,
  type WatchableStream,
} from "@parley/core";
import type { ErrorMetadata } from "../grpc/error-metadata.ts";
import { within } from "./within.ts";

/** What all calls of a method share. */
export interface MethodSteps {
  toMessage(answer: unknown): Message;
  /** What a failure of the method is to the caller, with what it had set as metadata. */
  failure(thrown: unknown, metadata: ErrorMetadata): ParleyError;
}

/** What a streaming method gives, as messages: one promise for each, where a generator would make four. */
export class MethodMessages implements AsyncIterableIterator<Message, undefined>, WatchableStream {
  /** How they are opened, which holds the request; then they themselves. */
  #answers: (() => AsyncIterable<unknown>) | AsyncIterator<unknown>;
  readonly #steps: MethodSteps;
  readonly #context: CallContext;
  readonly #metadata: ErrorMetadata;
  #watcher: StreamWatcher | undefined;
  #over = false;

  /** @param context each step runs in it: a generator otherwise runs in that of whoever asks for the next element. */
  constructor(
    open: () => AsyncIterable<unknown>,
    steps: MethodSteps,
    { context, metadata }: { readonly context: CallContext; readonly metadata: ErrorMetadata },
  ) {
    this.#answers = open;
    this.#steps = steps;
    this.#context = context;
    this.#metadata = metadata;
  }

  [takeWatcher](watcher: StreamWatcher): "taken" | "full" {
    if (this.#watcher) return "full";
    this.#watcher = watcher;
    return "taken";
  }

  next(): Promise<IteratorResult<Message, undefined>> {
    if (this.#over) return Promise.resolve(END);
    try {
      return within(this.#context, () => this.#step()).then(this.#onResult, this.#onError);
    } catch (thrown) {
      return Promise.reject(this.#failed(thrown));
    }
  }

  async return(): Promise<IteratorResult<Message, undefined>> {
    this.#watcher?.onEnd?.({ how: "stopped" });
    this.#stop();
    return END;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #step(): Promise<IteratorResult<unknown>> {
    if (typeof this.#answers === "function") this.#answers = this.#answers()[Symbol.asyncIterator]();
    return this.#answers.next();
  }

  readonly #onResult = (result: IteratorResult<unknown>): IteratorResult<Message, undefined> => {
    if (result.done) {
      this.#over = true;
      this.#watcher?.onEnd?.({ how: "finished" });
      return END;
    }
    let value: Message;
    try {
      value = this.#steps.toMessage(result.value);
    } catch (thrown) {
      this.#stop();
      throw this.#failed(thrown);
    }
    this.#watcher?.onMessage?.();
    return { done: false, value };
  };

  readonly #onError = (thrown: unknown): never => {
    throw this.#failed(thrown);
  };

  #failed(thrown: unknown): ParleyError {
    this.#over = true;
    const failure = this.#steps.failure(thrown, this.#metadata);
    this.#watcher?.onEnd?.({ how: "failed", thrown: failure });
    return failure;
  }

  /** Not awaited: a method that is busy with a step ends after it, and what it throws on its way out concerns nobody. */
  #stop(): void {
    this.#over = true;
    const answers = this.#answers;
    if (typeof answers === "function") return;
    within(this.#context, () => answers.return?.())?.catch(() => {});
  }
}

const END: IteratorResult<Message, undefined> = { done: true, value: undefined };
