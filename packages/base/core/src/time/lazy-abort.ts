/** Who is told: a function, or an object, which spares a closure. */
export type AbortListener = ((reason?: unknown) => void) | { handleEvent(): void };

/**
 * An abort that costs nothing until somebody asks for its signal: a controller, and a listener on it, for each call or event would
 * cost more than its routing. Who only needs to hear of it listens here, without a signal.
 */
export class LazyAbort {
  #controller: AbortController | undefined;
  #aborted: { readonly reason: unknown } | undefined;
  /** Nearly always the only one. Who came first is told first. */
  #first: AbortListener | undefined;
  #others: AbortListener[] | undefined;

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
    const [first, others] = [this.#first, this.#others];
    this.#first = undefined;
    this.#others = undefined;
    if (first) tell(first, reason);
    for (const listener of others ?? []) tell(listener, reason);
  }

  /** Calls back once, when it aborts; at once if it has. */
  listen(listener: AbortListener): void {
    if (this.#aborted) return tell(listener, this.#aborted.reason);
    if (!this.#first && !this.#others?.length) {
      this.#first = listener;
      return;
    }
    this.#others ??= [];
    this.#others.push(listener);
  }

  unlisten(listener: AbortListener): void {
    const at = this.#others?.indexOf(listener) ?? -1;
    if (this.#first === listener) this.#first = undefined;
    else if (at >= 0) this.#others?.splice(at, 1);
  }
}

function tell(listener: AbortListener, reason: unknown): void {
  if (typeof listener === "function") listener(reason);
  else listener.handleEvent();
}

/** Something that may abort, as its owner has it. */
export type AbortLike = AbortSignal | LazyAbort;

/** The signal of what may abort, for who must hand one on: it is made now if there was none. */
export function toSignal(aborting: AbortLike): AbortSignal {
  return aborting instanceof LazyAbort ? aborting.signal : aborting;
}

export function addAbortListener(aborting: AbortLike, listener: AbortListener): void {
  if (aborting instanceof LazyAbort) aborting.listen(listener);
  else if (aborting.aborted) tell(listener, aborting.reason);
  else aborting.addEventListener("abort", listener, { once: true });
}

export function removeAbortListener(aborting: AbortLike, listener: AbortListener): void {
  if (aborting instanceof LazyAbort) aborting.unlisten(listener);
  else aborting.removeEventListener("abort", listener);
}
