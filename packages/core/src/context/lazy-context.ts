import type { Aborting, AbortSource } from "../time/abort-source.ts";
import type { CallContext } from "./call-context.ts";
import { ContextCopy } from "./context-copy.ts";

/** Where a context has what aborts it, if its signal is only made when it is asked for. */
export const ABORT_SOURCE: unique symbol = Symbol("abort source");

/** What aborts a context, to listen to: its signal, or what that would be made of. */
export function abortingOf(context: CallContext & { readonly [ABORT_SOURCE]?: AbortSource }): Aborting {
  return context[ABORT_SOURCE] ?? context.signal;
}

/** A context whose signal is made when it is asked for: most work never looks at it. */
export class LazyContext extends ContextCopy {
  readonly [ABORT_SOURCE]: AbortSource;

  constructor(context: Omit<CallContext, "signal">, source: AbortSource) {
    super(context);
    this[ABORT_SOURCE] = source;
  }

  get signal(): AbortSignal {
    return this[ABORT_SOURCE].signal;
  }
}
