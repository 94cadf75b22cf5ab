import type { CallContext, Executor, Transaction } from "@parley/core";
import { type AbortLike, type ConsumeHandler, type ConsumptionOutcome, withDeadline } from "@parley/core/internal";
import type { Delivery, Envelope } from "@parley/transport";
import { fromContextAttributes } from "../context/context-attributes.ts";
import type { EventContext } from "../event-bus.ts";
import type { BusParts } from "../parts.ts";
import { admit } from "./admit.ts";
import { EventAttempt } from "./attempt-context.ts";
import { HandlerWatch } from "./handler-failure.ts";
import type { ResolvedSubscription } from "./subscription.ts";

/** Calls the handler of a subscription. Its `tx` is where the event is recorded as handled. */
export type Effect = (envelope: Envelope, context: EventContext) => Promise<void>;

export interface HandleOptions {
  readonly attempt: number;
  readonly signal: AbortLike;
  /** In the transaction before the handler, for a replay; false ends it as a repeat. Default the check of the key. */
  readonly claim?: ((tx: Executor) => Promise<boolean>) | undefined;
}

/** How a handling ended that did not fail. */
export type Handled = Extract<ConsumptionOutcome, "done" | "repeat" | "blocked">;

type Consumption = Pick<Delivery, "topic" | "envelope"> & HandleOptions;

/**
 * Runs the handler once: in a context restored from the event, within its time, in one transaction with the record that
 * it was handled. Rejects with a {@link HandlerFailure} if the handler did.
 */
export async function handleEvent(
  parts: BusParts,
  subscription: ResolvedSubscription,
  effect: Effect,
  handling: Consumption,
): Promise<Handled> {
  const { clock, ids, interceptors } = parts;
  const { envelope, attempt, signal } = handling;
  const { event, group, policy } = subscription;
  const work = new ConsumptionWork(parts, subscription, effect, handling);
  const innermost: ConsumeHandler = ({ context }) => withDeadline(context, (limited) => work.run(limited), clock);
  const run = interceptors.reduceRight((next, interceptor) => interceptor(next), innermost);
  const { timeoutMs } = policy;
  const handledId = envelope.id;
  const { context, origin } = fromContextAttributes(envelope.extensions, { ids, clock, handledId, timeoutMs, signal });
  await work.watch.around(run({ kind: "event", name: event.name, group, id: handledId, attempt, context, origin }));
  return work.outcome;
}

/** What is done within the interceptors and the deadline. */
class ConsumptionWork {
  readonly watch = new HandlerWatch();
  outcome: Handled = "done";
  readonly #parts: BusParts;
  readonly #subscription: ResolvedSubscription;
  readonly #effect: Effect;
  readonly #handling: Consumption;

  constructor(parts: BusParts, subscription: ResolvedSubscription, effect: Effect, handling: Consumption) {
    this.#parts = parts;
    this.#subscription = subscription;
    this.#effect = effect;
    this.#handling = handling;
  }

  run(limited: CallContext): Promise<void> {
    const { database } = this.#parts;
    if (!database) return this.#handle(this.#subscription.noTransaction, limited);
    return database.transaction((tx) => this.#inTransaction(tx, limited), { signal: limited.signal });
  }

  async #inTransaction(tx: Transaction, limited: CallContext): Promise<void> {
    const { topic, envelope, claim } = this.#handling;
    this.outcome = claim
      ? await this.#claimed(tx, claim)
      : await admit(this.#parts, this.#subscription, { topic, envelope }, tx);
    if (this.outcome === "done") await this.#handle(tx, limited);
  }

  /** A dead letter waits for nobody: it is the first of its key. */
  async #claimed(tx: Transaction, claim: (tx: Executor) => Promise<boolean>): Promise<"done" | "repeat"> {
    if (!(await claim(tx))) return "repeat";
    const { inbox } = this.#parts;
    const { group } = this.#subscription;
    const isFresh = !inbox || (await inbox.record(tx, group, this.#subscription.inboxKeyOf(this.#handling.envelope)));
    return isFresh ? "done" : "repeat";
  }

  #handle(tx: Transaction, limited: CallContext): Promise<void> {
    const { envelope, attempt } = this.#handling;
    return this.watch.handler(() => this.#effect(envelope, new EventAttempt(envelope, tx, attempt, limited)));
  }
}
