import type { Message } from "@bufbuild/protobuf";
import type { CallContext, ParleyError } from "@parley/core";
import { attachObserver, type ObservableStream, type StreamWatcher, stopIterator } from "@parley/core/internal";
import type { ErrorMetadata } from "../grpc/error-metadata.ts";
import { MessagePublisher, type MessageSubscriber, NO_MORE } from "../grpc/message-publisher.ts";
import { within } from "./within.ts";

/** What all calls of a method share. */
export interface MethodSteps {
  toMessage(answer: unknown): Message;
  /** What a failure of the method is to the caller, with what it had set as metadata. */
  failure(thrown: unknown, metadata: ErrorMetadata): ParleyError;
}

/** What a streaming method gives, as messages: no promise for each but the method's own, where a generator would make four. */
export class MethodMessages extends MessagePublisher implements ObservableStream {
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
    super();
    this.#answers = open;
    this.#steps = steps;
    this.#context = context;
    this.#metadata = metadata;
  }

  [attachObserver](watcher: StreamWatcher): "taken" | "full" {
    if (this.#watcher) return "full";
    this.#watcher = watcher;
    return "taken";
  }

  request(subscriber: MessageSubscriber): void {
    if (this.#over) return subscriber.onNext(NO_MORE);
    try {
      Promise.resolve(within(this.#context, () => this.#step())).then(
        (result) => this.#tell(result, subscriber),
        (thrown) => subscriber.onError(this.#failed(thrown)),
      );
    } catch (thrown) {
      subscriber.onError(this.#failed(thrown));
    }
  }

  cancel(): void {
    this.#watcher?.onEnd?.({ how: "stopped" });
    this.#stop();
  }

  #step(): Promise<IteratorResult<unknown>> {
    if (typeof this.#answers === "function") this.#answers = this.#answers()[Symbol.asyncIterator]();
    return this.#answers.next();
  }

  #tell(result: IteratorResult<unknown>, subscriber: MessageSubscriber): void {
    if (result.done) {
      this.#over = true;
      this.#watcher?.onEnd?.({ how: "finished" });
      return subscriber.onNext(NO_MORE);
    }
    let value: Message;
    try {
      value = this.#steps.toMessage(result.value);
    } catch (thrown) {
      this.#stop();
      return subscriber.onError(this.#failed(thrown));
    }
    this.#watcher?.onMessage?.();
    subscriber.onNext({ done: false, value });
  }

  #failed(thrown: unknown): ParleyError {
    this.#over = true;
    const failure = this.#steps.failure(thrown, this.#metadata);
    this.#watcher?.onEnd?.({ how: "failed", thrown: failure });
    return failure;
  }

  #stop(): void {
    this.#over = true;
    const answers = this.#answers;
    if (typeof answers !== "function") void within(this.#context, () => stopIterator(answers));
  }
}
