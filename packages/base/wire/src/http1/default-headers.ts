import { renderLines } from "./response-head.ts";

/** Headers of every response that does not set them itself: checked and rendered once, and not for each. */
export class DefaultHeaders {
  readonly #headers: readonly string[];
  readonly #names = new Set<string>();
  readonly #lines: string;

  /**
   * @param headers names, in lower case, and values in turn.
   * @throws TypeError for a value that no header may have.
   */
  constructor(headers: readonly string[]) {
    this.#headers = headers;
    this.#lines = renderLines(headers);
    for (let at = 0; at < headers.length; at += 2) this.#names.add(headers[at] as string);
  }

  /** The lines of those that the headers of a response do not set. */
  linesBeside(own: readonly string[]): string {
    for (let at = 0; at < own.length; at += 2) {
      if (this.#names.has(own[at] as string)) return renderLines(this.beside(own));
    }
    return this.#lines;
  }

  /** The same as a list. */
  beside(own: readonly string[]): string[] {
    const set = new Set(own.filter((_, at) => at % 2 === 0));
    return this.#headers.filter((_, at) => !set.has(this.#headers[at - (at % 2)] as string));
  }
}
