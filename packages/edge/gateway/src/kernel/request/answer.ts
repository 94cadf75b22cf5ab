import type { Writable } from "node:stream";
import type { HttpResponse } from "@parley/wire/internal/http1";

/** The answer to one request while it is made: its headers are collected, and leave with the status in one write. */
export interface Answer {
  /** False once the head has been sent, or there is nobody left to send it to. */
  readonly open: boolean;
  /** Sets a header; the name is in lower case. A header set before is replaced; a list becomes one line for each value. */
  header(name: string, value: string | readonly string[]): void;
  /** Sends everything. `body` is left out where the status or the method allows none. */
  send(status: number, body?: string | Uint8Array): void;
  /** Sends the head alone; what follows is written to what is returned. */
  begin(status: number): Writable;
}

/** What the answers of one gateway have in common. */
export interface AnswerState {
  /** Whether each answer from now on asks the client to close the connection. */
  closing: boolean;
}

/** An answer whose headers are kept as one flat list of names and values. */
export class CollectedAnswer implements Answer {
  readonly #response: HttpResponse;
  readonly #state: AnswerState;
  #headers: string[] = [];

  constructor(response: HttpResponse, state: AnswerState) {
    this.#response = response;
    this.#state = state;
  }

  get open(): boolean {
    return this.#response.open;
  }

  header(name: string, value: string | readonly string[]): void {
    if (typeof value !== "string") return this.#list(name, value);
    const headers = this.#headers;
    for (let at = 0; at < headers.length; at += 2) {
      if (headers[at] === name) {
        headers[at + 1] = value;
        return;
      }
    }
    headers.push(name, value);
  }

  send(status: number, body?: string | Uint8Array): void {
    this.#response.send(status, this.#complete(), body);
  }

  begin(status: number): Writable {
    return this.#response.begin(status, this.#complete());
  }

  #list(name: string, values: readonly string[]): void {
    const others = this.#headers.filter((_, at) => this.#headers[at - (at % 2)] !== name);
    this.#headers = [...others, ...values.flatMap((value) => [name, value])];
  }

  #complete(): readonly string[] {
    if (this.#state.closing) this.header("connection", "close");
    return this.#headers;
  }
}
