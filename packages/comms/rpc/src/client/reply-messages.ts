import type { Message } from "@bufbuild/protobuf";
import type { StreamingReply } from "@parley/core";
import type { CallOptions } from "./client.ts";
import { told } from "./told.ts";

type Result = IteratorResult<Message, undefined>;

const END: Result = { done: true, value: undefined };

/**
 * The replies of a streaming call, which is made when they are first read. Not an async generator, whose `yield*` costs five
 * promises for each message: once the call has begun, who reads is handed the promises of its messages as they are.
 *
 * new -> beginning -> reading -> over (the end, a failure, or its reader stopped).
 */
export class ReplyMessages implements AsyncIterableIterator<Message, undefined> {
  readonly #begin: () => Promise<StreamingReply>;
  readonly #options: CallOptions;
  #beginning: Promise<AsyncIterator<Message>> | undefined;
  #source: AsyncIterator<Message> | undefined;
  #trailer: StreamingReply["trailer"] | undefined;
  #over = false;

  constructor(begin: () => Promise<StreamingReply>, options: CallOptions) {
    this.#begin = begin;
    this.#options = options;
  }

  next(): Promise<Result> {
    if (this.#over) return Promise.resolve(END);
    if (this.#source) return this.#read(this.#source);
    this.#beginning ??= this.#start();
    return this.#beginning.then((source) => (this.#over ? END : this.#read(source)));
  }

  async return(): Promise<Result> {
    const begun = this.#beginning;
    this.#over = true;
    if (begun) {
      const source = await begun.catch(() => undefined); // whoever asked for the first message was told
      await source?.return?.();
    }
    return END;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #start(): Promise<AsyncIterator<Message>> {
    try {
      const reply = await this.#begin();
      this.#options.onHeader?.(reply.header);
      this.#trailer = reply.trailer;
      this.#source = reply.messages[Symbol.asyncIterator]();
      return this.#source;
    } catch (error) {
      this.#over = true;
      throw told(error, this.#options);
    }
  }

  #read(source: AsyncIterator<Message>): Promise<Result> {
    const { onTrailer } = this.#options;
    const reading = source.next() as Promise<Result>;
    if (!onTrailer) return reading;
    return reading.then(
      (result) => {
        if (result.done && !this.#over) {
          this.#over = true;
          if (this.#trailer) onTrailer(this.#trailer);
        }
        return result;
      },
      (error: unknown) => {
        this.#over = true;
        throw told(error, { onTrailer });
      },
    );
  }
}
