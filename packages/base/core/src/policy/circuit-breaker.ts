import { ParleyError } from "../errors/parley-error.ts";
import type { BreakerState } from "../observe/call-event.ts";
import type { Clock } from "../time/clock.ts";

/** When a circuit breaker opens and how it closes again. */
export interface BreakerPolicy {
  /** Outcomes are counted over windows of this length. */
  readonly windowMs: number;
  /** The breaker does not open before this many calls in a window. */
  readonly minRequests: number;
  /** Opens when at least this share of the window's calls failed: 0.6 is 60 %. */
  readonly failureRatio: number;
  /** How long calls are refused before a trial. */
  readonly openMs: number;
  /** Trial calls let through at once while half-open; all must succeed to close, but one is enough after a sign that the target is back. */
  readonly halfOpenRequests: number;
}

export const DEFAULT_BREAKER: BreakerPolicy = {
  windowMs: 10_000,
  minRequests: 20,
  failureRatio: 0.5,
  openMs: 10_000,
  halfOpenRequests: 3,
};

/** Whether a target answered at all. After silence its own word that it serves is news; beside a defect it is none. */
export type FailureKind = "silence" | "defect";

/** Leave to make one call; exactly one of its methods is called, once; later calls do nothing. */
export interface BreakerPermit {
  success(): void;
  /** @param kind `silence` if the target gave no answer in time or could not be reached; `defect` (the default) if it answered with a failure. */
  failure(kind?: FailureKind): void;
  /** The call ended without saying anything about the target's health: cancelled by its caller, for example. */
  ignore(): void;
}

export interface CircuitBreaker {
  /** @throws ParleyError UNAVAILABLE with `retry_info` while the breaker refuses calls. */
  acquire(): BreakerPermit;
  /**
   * Ends the time that it stays open, so that the next calls are the trial. The first that succeeds closes the breaker: it and the
   * sign agree, and calls that come after an answer must not wait for slower trials.
   *
   * @param sign `back`: the target was seen to be away and is there again. `serves`: it says that it serves, and it is not known
   *   that it ever said otherwise. That counts if it was silent when the breaker opened (an outage may be over before anyone
   *   asks); after each trial that meets silence again it counts later, after pauses that double from 2 s.
   */
  tryNow(sign: "back" | "serves"): void;
  readonly state: BreakerState;
}

/**
 * Closed counts outcomes; open refuses until its time is over; half-open lets a few trials through, of which one
 * failure opens again and `halfOpenRequests` successes close, or one after a sign that the target is back. An outcome that belongs to an earlier state is dropped.
 */
type State =
  | { readonly name: "closed"; windowEndsMs: number; requests: number; failures: number }
  | { readonly name: "open"; readonly untilMs: number; readonly servesCountsFromMs: number }
  | { readonly name: "half-open"; admitted: number; successes: number; readonly needed: number };

type Outcome = "success" | FailureKind | "ignore";
type Settle = (issuedIn: State, outcome: Outcome) => void;

export interface CircuitBreakerOptions {
  /** Named in the error and the events. */
  readonly target: string;
  readonly policy: BreakerPolicy;
  readonly clock: Clock;
  readonly onChange?: ((from: BreakerState, to: BreakerState) => void) | undefined;
}

/** After the first trial that a target's own word began and that met silence. */
const FIRST_TRIAL_PAUSE_MS = 2_000;

/** A class: three closures for each call cost four times as much. */
class Permit implements BreakerPermit {
  readonly #issuedIn: State;
  #settle: Settle | undefined;

  constructor(issuedIn: State, settle: Settle) {
    this.#issuedIn = issuedIn;
    this.#settle = settle;
  }

  success(): void {
    this.#once("success");
  }

  failure(kind: FailureKind = "defect"): void {
    this.#once(kind);
  }

  ignore(): void {
    this.#once("ignore");
  }

  #once(outcome: Outcome): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(this.#issuedIn, outcome);
  }
}

export function createCircuitBreaker({ target, policy, clock, onChange }: CircuitBreakerOptions): CircuitBreaker {
  const closed = (): State => ({
    name: "closed",
    windowEndsMs: clock.now() + policy.windowMs,
    requests: 0,
    failures: 0,
  });
  let state = closed();
  let trialPauseMs = FIRST_TRIAL_PAUSE_MS;

  const become = (next: State): State => {
    const from = state.name;
    state = next;
    if (from !== next.name) onChange?.(from, next.name);
    return next;
  };

  /** @param needed successes that close it. */
  const halfOpen = (needed: number): State => become({ name: "half-open", admitted: 0, successes: 0, needed });

  const present = (): State => {
    if (state.name === "open" && clock.now() >= state.untilMs) return halfOpen(policy.halfOpenRequests);
    if (state.name === "closed" && clock.now() >= state.windowEndsMs) {
      // The same state goes on, so that a call which outlasts its window still counts when it fails.
      Object.assign(state, closed());
    }
    return state;
  };

  const refuse = (retryAfterMs: number): never => {
    throw new ParleyError("UNAVAILABLE", `the circuit breaker for ${target} is open`, {
      details: [{ type: "retry_info", retryAfterMs: Math.max(0, retryAfterMs) }],
    });
  };

  const settle = (issuedIn: State, outcome: Outcome): void => {
    if (issuedIn !== present()) return;
    if (state.name === "closed") {
      if (outcome === "ignore") return;
      state.requests += 1;
      if (outcome === "success") return;
      state.failures += 1;
      if (state.requests < policy.minRequests || state.failures / state.requests < policy.failureRatio) return;
      trialPauseMs = FIRST_TRIAL_PAUSE_MS;
      open(outcome, 0);
    } else if (state.name === "half-open") {
      if (outcome === "ignore") state.admitted -= 1;
      else if (outcome === "success") {
        if (++state.successes >= state.needed) become(closed());
      } else {
        open(outcome, trialPauseMs);
        trialPauseMs *= 2;
      }
    }
  };

  const open = (failure: FailureKind, pauseMs: number): void => {
    const nowMs = clock.now();
    const servesCountsFromMs = failure === "silence" ? nowMs + pauseMs : Number.POSITIVE_INFINITY;
    become({ name: "open", untilMs: nowMs + policy.openMs, servesCountsFromMs });
  };

  return {
    get state() {
      return present().name;
    },
    acquire() {
      const issuedIn = present();
      if (issuedIn.name === "open") refuse(issuedIn.untilMs - clock.now());
      if (issuedIn.name === "half-open") {
        if (issuedIn.admitted >= policy.halfOpenRequests) refuse(0);
        issuedIn.admitted += 1;
      }
      return new Permit(issuedIn, settle);
    },
    tryNow(sign) {
      if (state.name === "open" && (sign === "back" || clock.now() >= state.servesCountsFromMs)) halfOpen(1);
    },
  };
}
