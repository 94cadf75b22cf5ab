import type { Message } from "@bufbuild/protobuf";
import { loopBudget } from "@parley/core/internal";

/** Where the messages come from, as far as the reader steers it. */
export interface MessageSource {
  read(mode: "flow" | "hold"): void;
  /** The reader has lost interest before the end. */
  cancel(): void;
}

/** With this much unread, the source is held; flow control then reaches the peer. */
const HOLD_AT_BYTES = 64 * 1024;

/** What a message costs beside its own bytes; without it, empty messages could pile up without end. */
const MESSAGE_OVERHEAD_BYTES = 100;

/** The places of this many messages that have been read are kept, empty, before the rest is moved up. */
const MAX_READ = 256;

interface Unread {
  readonly message: Message;
  readonly cost: number;
}

interface Reader {
  resolve(result: IteratorResult<Message, undefined>): void;
  reject(reason: unknown): void;
}

/** It stays empty. */
const NO_READERS: Reader[] = [];

interface End {
  readonly error?: unknown;
}

/** Without an error that is still to be thrown. */
const ENDED: End = {};

/**
 * The messages of a stream, from a source that pushes to one reader that pulls. What is unread is bounded: the source is held
 * until the reader has caught up.
 *
 * open -> ended (after the last message the reader is told so, or gets the error) or abandoned (the reader stopped).
 */
export class InboundMessages implements AsyncIterableIterator<Message, undefined> {
  readonly #source: MessageSource;
  /**
   * From `#head` on; what is before it has been read. A list that has been pushed to keeps room for many, so it goes when it is
   * empty.
   */
  #unread: (Unread | undefined)[] | undefined;
  #head = 0;
  /** One at most, as a rule: a list that has been pushed to keeps room for many. */
  #readers: Reader[] = NO_READERS;
  #unreadBytes = 0;
  #holding = false;
  #end: End | undefined;

  constructor(source: MessageSource) {
    this.#source = source;
  }

  push(message: Message, bytes: number): void {
    if (this.#end) return;
    const reader = this.#readers[0];
    if (reader) {
      this.#readers = this.#readers.length === 1 ? NO_READERS : this.#readers.slice(1);
      return reader.resolve({ done: false, value: message });
    }
    const cost = bytes + MESSAGE_OVERHEAD_BYTES;
    this.#unread ??= [];
    this.#unread.push({ message, cost });
    this.#unreadBytes += cost;
    if (this.#unreadBytes >= HOLD_AT_BYTES && !this.#holding) this.#hold(true);
  }

  /** No more will come. What is unread can still be read. */
  end(): void {
    if (this.#end) return;
    this.#end = ENDED;
    for (const reader of this.#takeReaders()) reader.resolve({ done: true, value: undefined });
  }

  /** No more will come, because of an error; the reader gets what is unread first. */
  fail(error: unknown): void {
    if (this.#end) return;
    this.#end = { error };
    for (const reader of this.#takeReaders()) this.#finish(reader);
  }

  next(): Promise<IteratorResult<Message, undefined>> {
    const next = this.#takeUnread();
    if (next) {
      this.#unreadBytes -= next.cost;
      if (this.#holding && this.#unreadBytes < HOLD_AT_BYTES) this.#hold(false);
      const result = { done: false, value: next.message } as const;
      // A reader that waits for nothing else would keep the event loop until all that is unread is read.
      const isTurnOver = this.#unread !== undefined && this.#head === 0 && !loopBudget.admit();
      return isTurnOver ? loopBudget.nextTurn().then(() => result) : Promise.resolve(result);
    }
    return new Promise((resolve, reject) => {
      const reader: Reader = { resolve, reject };
      if (this.#end) this.#finish(reader);
      else this.#readers = this.#readers.length === 0 ? [reader] : [...this.#readers, reader];
    });
  }

  return(): Promise<IteratorResult<Message, undefined>> {
    const early = this.#end === undefined;
    this.end();
    this.#forgetRead();
    this.#end = ENDED;
    if (early) this.#source.cancel();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #takeReaders(): Reader[] {
    const readers = this.#readers;
    this.#readers = NO_READERS;
    return readers;
  }

  #takeUnread(): Unread | undefined {
    const unread = this.#unread;
    if (!unread) return undefined;
    const next = unread[this.#head];
    unread[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === unread.length) this.#forgetRead();
    // Many at a time: to move the rest up for each message costs as much as the rest is long.
    else if (this.#head === MAX_READ) this.#forgetRead(unread.slice(MAX_READ));
    return next;
  }

  #forgetRead(rest?: (Unread | undefined)[]): void {
    this.#unread = rest;
    this.#head = 0;
  }

  #hold(holding: boolean): void {
    this.#holding = holding;
    this.#source.read(holding ? "hold" : "flow");
  }

  /** An error is thrown once; who reads on finds the end, as after any iterator that threw. */
  #finish(reader: Reader): void {
    const error = this.#end?.error;
    this.#end = ENDED;
    if (error === undefined) reader.resolve({ done: true, value: undefined });
    else reader.reject(error);
  }
}
