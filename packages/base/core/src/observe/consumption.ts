import type { CallContext } from "../context/call-context.ts";
import type { TraceContext } from "../context/trace.ts";
import type { Code } from "../errors/code.ts";

/** One event or job with its handler: what a call is on the side of calls. */
export interface Consumption {
  readonly kind: "event" | "job";
  /** Of the event or queue. */
  readonly name: string;
  /** The group that handles it; `queue:<name>` for jobs. */
  readonly group: string;
  /** Of the event or job: the same at each attempt. */
  readonly id: string;
  readonly attempt: number;
  /** What the handler runs in: a child of the span that published. */
  readonly context: CallContext;
  /** The span that published the event or asked for the job; undefined if that is not known. */
  readonly origin?: TraceContext | undefined;
}

/** Runs the handler once. A failure is a rejection. */
export type ConsumeHandler = (handling: Consumption) => Promise<void>;

/**
 * Wraps a handler, as an interceptor does a call's, and may give it another context. Called anew for each event or job: what is to
 * be remembered from one to the next is held outside of it.
 */
export type ConsumeInterceptor = (next: ConsumeHandler) => ConsumeHandler;

/** How a handling ended. */
export type ConsumptionOutcome =
  /** Effects committed. */
  | "done"
  /** It had been handled before; nothing was done. */
  | "repeat"
  /** It failed and is tried again. */
  | "retry"
  /** It failed for good and is a dead letter now. */
  | "dead"
  /** It waits as a dead letter behind another of its key. */
  | "blocked";

/** What happens on the bus. Observers are told; they decide nothing. */
export type BusEvent =
  | {
      readonly type: "handled";
      readonly kind: Consumption["kind"];
      readonly name: string;
      readonly group: string;
      readonly outcome: ConsumptionOutcome;
      /** Why it was not `done`; OK without an error. */
      readonly code: Code;
      readonly durationMs: number;
      /** From its publishing to the end of this attempt. */
      readonly ageMs: number;
    }
  /** The relay handed `count` events of a name to the broker, or could not. */
  | { readonly type: "relayed"; readonly name: string; readonly count: number; readonly code: Code }
  /** Every few seconds: what waits. `oldestMs` is how long the oldest has, where that is known. */
  | {
      readonly type: "lag";
      readonly of: "outbox" | "group" | "queue" | "webhooks";
      /** Of the event or queue; empty for the outbox and for webhooks. */
      readonly name: string;
      readonly group: string;
      readonly count: number;
      readonly oldestMs?: number | undefined;
    }
  /** Every few seconds: dead letters of an event or queue in a group, and how long the oldest has been one. 0 once there are none. */
  | {
      readonly type: "dead_letters";
      readonly name: string;
      readonly group: string;
      readonly count: number;
      readonly oldestMs: number;
    };

export type BusObserver = (event: BusEvent) => void;
