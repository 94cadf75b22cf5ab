import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Call,
  type CallObserver,
  type Clock,
  ParleyError,
  type Random,
  type Reply,
  toParleyError,
} from "@parley/core";
import { settleWithin } from "@parley/core/internal";
import type { Balancer } from "../balancer/balancer.ts";
import { createEndpoint, type Endpoint } from "../balancer/endpoint.ts";
import type { AttemptHandler, ReplyCallbacks } from "../connection/attempt-handler.ts";
import type { Address, Connection } from "../connection/connection.ts";
import { isCallerFault } from "../grpc/caller-fault.ts";
import { formatAddress } from "../resolver/address.ts";
import type { Resolver } from "../resolver/resolver.ts";
import type { Dial } from "./dialer.ts";
import { isReplayable } from "./replayable-messages.ts";
import { createWaitQueue, type Waiter } from "./wait-queue.ts";

/** The connections of one target: found by its resolver, chosen by its balancer. */
export interface ConnectionPool {
  /**
   * Carries an attempt over a connection with room, for which it may wait until the deadline of the call. If the server
   * refuses it unseen (it is going away, or has no room after all), it is sent once more at once; that is no retry, and
   * needs neither policy nor budget.
   * @see gRPC proposal A6, "Transparent Retries"
   */
  readonly carry: AttemptHandler;
  /** Dials what is free to be dialled, so that a target is found again to which a breaker lets no call through. */
  probe(): void;
  /** Lets calls finish for `graceMs`, then cancels them. Calls that still wait fail. Idempotent. */
  close(graceMs: number): Promise<void>;
}

export interface ConnectionPoolOptions {
  readonly target: string;
  readonly resolver: Resolver;
  readonly balancer: Balancer;
  readonly dial: Dial;
  readonly connectionsPerAddress: number;
  readonly maxQueuedCalls: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly observe: CallObserver;
  /** An address that had no connection has one. */
  readonly onReady: () => void;
}

/** Calls on an address that left the target have this long to finish; their deadlines usually end them sooner. */
const REMOVED_GRACE_MS = 60_000;

export function createConnectionPool(options: ConnectionPoolOptions): ConnectionPool {
  const { target, resolver, balancer, clock, observe } = options;
  // A connection outlives the call that was the first to need it, so it must not keep that call's context.
  const detached = AsyncLocalStorage.snapshot();
  const endpoints = new Map<string, Endpoint>();
  const removed = new Set<Promise<void>>();
  let phase: "new" | "open" | "closed" = "new";
  let resolution: ParleyError | undefined;
  let serving = false;

  const queue = createWaitQueue({
    target,
    maxLength: options.maxQueuedCalls,
    clock,
    onServed: (waitedMs) => observe({ type: "queued", target, waitedMs }),
  });

  /** A connection, undefined if a call must wait, or a throw if waiting is vain. */
  const pick = (): Connection | undefined => {
    if (phase === "closed") throw new ParleyError("UNAVAILABLE", `the channel to ${target} is closed`);
    if (phase === "new") {
      phase = "open";
      detached(() => resolver.start({ onAddresses, onError }));
    }
    if (endpoints.size > 0) return pickFrom(balancer);
    if (!resolution) return undefined;
    detached(() => resolver.refresh());
    throw resolution;
  };

  /** When no address can be reached, they may be others by now: a service that was started anew has a new one. */
  const pickFrom = ({ pick: choose }: Balancer): Connection | undefined => {
    try {
      return choose();
    } catch (error) {
      detached(() => resolver.refresh("urgent"));
      throw error;
    }
  };

  /** Gives waiting calls what there is to give. Starting one may free or fill a place, which must not start this again. */
  const serve = (): void => {
    if (serving) return;
    serving = true;
    try {
      while (queue.length > 0) {
        const outcome = attempt(pick);
        if (!outcome) break;
        queue.release(outcome);
      }
    } finally {
      serving = false;
    }
  };

  const changed = (): void => {
    balancer.update([...endpoints.values()]);
    serve();
  };

  const onError = (error: ParleyError): void => {
    resolution = error;
    serve();
  };

  const onAddresses = (addresses: readonly Address[]): void => {
    resolution = undefined;
    const present = new Map(addresses.map((address) => [formatAddress(address), address]));
    for (const [key, endpoint] of endpoints) {
      if (present.has(key)) continue;
      endpoints.delete(key);
      const leaving = endpoint.close(REMOVED_GRACE_MS).finally(() => removed.delete(leaving));
      removed.add(leaving);
    }
    for (const [key, address] of present) if (!endpoints.has(key)) endpoints.set(key, open(key, address));
    changed();
  };

  const open = (key: string, address: Address): Endpoint =>
    createEndpoint({
      address: key,
      dial: (onCapacity, signal) => detached(() => options.dial(address, onCapacity, signal)),
      maxConnections: options.connectionsPerAddress,
      clock,
      random: options.random,
      onChange: changed,
      onCapacity: serve,
      onState(state, reason) {
        observe({ type: "connection", target, address: key, state, ...(reason !== undefined && { reason }) });
        if (state === "ready") options.onReady();
        if (state === "idle" || state === "transient_failure") resolver.refresh();
      },
    });

  const carry = (call: Call, outcome: ReplyCallbacks & Waiter): void => {
    // Whoever waits already goes first.
    const found = queue.length > 0 ? undefined : attempt(pick);
    if (found instanceof ParleyError) outcome.reject(found);
    else if (found) outcome.start(found);
    else queue.wait(call.context, outcome);
  };

  return {
    carry: (call, receiver) => carry(call, new PooledAttempt(call, receiver, carry)),
    probe: () => void attempt(pick),
    async close(graceMs) {
      phase = "closed";
      resolver.close();
      serve();
      const closing = Promise.all([...endpoints.values()].map((endpoint) => endpoint.close(graceMs)));
      await Promise.all([closing, settleWithin(Promise.all(removed), graceMs, clock)]);
    },
  };
}

/** An attempt on its way to a connection, and to another one if the first refuses it unseen. */
class PooledAttempt implements ReplyCallbacks, Waiter {
  readonly #call: Call;
  readonly #receiver: ReplyCallbacks;
  /** Finds another connection; undefined once that has been done. */
  #again: ((call: Call, outcome: ReplyCallbacks & Waiter) => void) | undefined;

  constructor(call: Call, receiver: ReplyCallbacks, again: (call: Call, outcome: ReplyCallbacks & Waiter) => void) {
    this.#call = call;
    this.#receiver = receiver;
    this.#again = again;
  }

  start(connection: Connection): void {
    connection.carry(this.#call, this);
  }

  fail(error: ParleyError): void {
    this.#receiver.reject(error);
  }

  resolve(reply: Reply): void {
    this.#receiver.resolve(reply);
  }

  reject(thrown: unknown): void {
    const error = toParleyError(thrown);
    const again = this.#again;
    const mayGoAgain = error.progress === "refused" && !isCallerFault(error) && isReplayable(this.#call);
    if (!again || !mayGoAgain) return this.fail(error);
    this.#again = undefined;
    // Not at once: that the connection is going is a promise that has resolved, and must be heard of before it is chosen again.
    queueMicrotask(() => again(this.#call, this));
  }
}

/** What `pick` gives or throws, as a value. */
function attempt(pick: () => Connection | undefined): Connection | ParleyError | undefined {
  try {
    return pick();
  } catch (thrown) {
    return toParleyError(thrown);
  }
}
