import { type Aborting, signalOf } from "../time/abort-source.ts";
import type { CallContext } from "./call-context.ts";
import { ContextCopy } from "./context-copy.ts";
import type { TraceContext } from "./trace.ts";

/** Where a context has what aborts it, if its signal is only made when it is asked for. */
export const ABORT_SOURCE: unique symbol = Symbol("abort source");

/**
 * What aborts a context, to listen to: its signal, or what that would be made of. A copy by `{ ...context }` has no signal, but
 * what it was to be made of; one that was given a signal of its own goes by that.
 */
export function abortingOf(context: CallContext & { readonly [ABORT_SOURCE]?: Aborting }): Aborting {
  return Object.hasOwn(context, "signal") ? context.signal : (context[ABORT_SOURCE] ?? context.signal);
}

/** A context whose signal is made when it is asked for: most work never looks at it. */
export class LazyContext extends ContextCopy {
  readonly [ABORT_SOURCE]: Aborting;

  /** @param aborting what aborts it; of the context that it derives from, {@link abortingOf} that. */
  constructor(context: Omit<CallContext, "signal">, aborting: Aborting) {
    super(context);
    this[ABORT_SOURCE] = aborting;
  }

  get signal(): AbortSignal {
    return signalOf(this[ABORT_SOURCE]);
  }
}

/** The same context as another span, aborted by the same. */
export function withTrace(context: CallContext, trace: TraceContext): CallContext {
  return new LazyContext({ ...context, trace }, abortingOf(context));
}
