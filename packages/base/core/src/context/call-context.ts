import { AsyncLocalStorage } from "node:async_hooks";
import type { TraceContext } from "./trace.ts";

/** Who a request is made for. */
export interface Principal {
  /** The stable id of the person or program (`sub` of a token). */
  readonly subject: string;
  readonly roles: readonly string[];
  /** The verified claims, as the token carries them. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * What travels with a piece of work: through async code by itself, onto every outgoing call, and over every hop.
 * Read it with {@link currentContext}; it is never written to, only derived.
 */
export interface CallContext {
  /** Made or accepted at the door, the same in every service, returned to the client. */
  readonly requestId: string;
  /** Joins what belongs to one conversation, over calls and events. Equal to the request id unless a client gave one. */
  readonly correlationId: string;
  readonly trace: TraceContext;
  /** When the work must have ended: milliseconds since the Unix epoch. There always is one. */
  readonly deadlineMs: number;
  /** Aborts when the deadline passes or the caller cancels; its reason is a ParleyError that says which. */
  readonly signal: AbortSignal;
  /** Who the work is done for, once a token has been verified in this process. */
  readonly principal?: Principal | undefined;
  /** The `authorization` header, passed on so that each service can verify for itself. Never logged. */
  readonly authorization?: string | undefined;
  readonly tenant?: string | undefined;
  /** The service that made this call; for an outgoing call, the service that makes it. */
  readonly caller?: string | undefined;
  /** The id of the event or job that is being handled here: what its handler publishes names it as its cause. Stays in the process. */
  readonly causationId?: string | undefined;
  /** W3C baggage: small key-value pairs that follow the whole trace. */
  readonly baggage: Readonly<Record<string, string>>;
}

/** The one piece of module state in Parley: Node offers no other way to follow async code. */
const storage = new AsyncLocalStorage<CallContext>();

/** The context of the work that is running, or undefined outside of any call. */
export function currentContext(): CallContext | undefined {
  return storage.getStore();
}

/** Runs `work` and everything it awaits within a context. */
export function runWithContext<T>(context: CallContext, work: () => T): T {
  return storage.run(context, work);
}
