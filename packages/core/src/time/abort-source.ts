/**
 * An abort that costs nothing until somebody asks for its signal: a controller, and a listener on it, for each call or event would
 * cost more than its routing. Who only needs to hear of it listens here, without a signal.
 */
export class AbortSource {
  #controller: AbortController | undefined;
  #aborted: { readonly reason: unknown } | undefined;
  #listeners: ((reason?: unknown) => void)[] | undefined;

  get aborted(): boolean {
    return this.#aborted !== undefined;
  }

  get reason(): unknown {
    return this.#aborted?.reason;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#aborted.reason);
    }
    return this.#controller.signal;
  }

  /** The first reason stays. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = { reason };
    this.#controller?.abort(reason);
    const listeners = this.#listeners;
    this.#listeners = undefined;
    for (const listener of listeners ?? []) listener(reason);
  }

  /** Calls back once, when it aborts; at once if it has. */
  listen(listener: (reason?: unknown) => void): void {
    if (this.#aborted) return listener(this.#aborted.reason);
    this.#listeners ??= [];
    this.#listeners.push(listener);
  }

  unlisten(listener: (reason?: unknown) => void): void {
    const at = this.#listeners?.indexOf(listener) ?? -1;
    if (at >= 0) this.#listeners?.splice(at, 1);
  }
}

/** Something that may abort, as its owner has it. */
export type Aborting = AbortSignal | AbortSource;

export function listenTo(aborting: Aborting, listener: () => void): void {
  if (aborting instanceof AbortSource) aborting.listen(listener);
  else if (aborting.aborted) listener();
  else aborting.addEventListener("abort", listener, { once: true });
}

export function unlistenTo(aborting: Aborting, listener: () => void): void {
  if (aborting instanceof AbortSource) aborting.unlisten(listener);
  else aborting.removeEventListener("abort", listener);
}
