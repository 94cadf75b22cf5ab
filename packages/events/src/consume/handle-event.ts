import {
  type Aborting,
  type CallContext,
  type Executor,
  type HandlingHandler,
  type HandlingOutcome,
  type Transaction,
  withDeadline,
} from "@parley/core";
import type { EventScope } from "../bus/event-bus.ts";
import type { BusParts } from "../bus/parts.ts";
import { fromContextAttributes } from "../context/context-attributes.ts";
import type { Envelope } from "../envelope/envelope.ts";
import type { Delivery } from "../transport/event-transport.ts";
import { admit } from "./admit.ts";
import { EventAttempt } from "./attempt-scope.ts";
import { watchHandler } from "./handler-failure.ts";
import type { ResolvedSubscription } from "./subscription.ts";

/** Calls the handler of a subscription. Its `tx` is where the event is recorded as handled. */
export type Effect = (envelope: Envelope, scope: EventScope) => Promise<void>;

export interface HandleOptions {
  readonly attempt: number;
  readonly signal: Aborting;
  /** In the transaction before the handler, for a replay; false ends it as a repeat. Default the check of the key. */
  readonly claim?: ((tx: Executor) => Promise<boolean>) | undefined;
}

/**
 * Runs the handler once: in a context restored from the event, within its time, in one transaction with the record that
 * it was handled. Rejects with a {@link HandlerFailure} if the handler did.
 */
export async function handleEvent(
  parts: BusParts,
  subscription: ResolvedSubscription,
  effect: Effect,
  { topic, envelope, attempt, signal, claim }: Pick<Delivery, "topic" | "envelope"> & HandleOptions,
): Promise<Extract<HandlingOutcome, "done" | "repeat" | "blocked">> {
  const { database, inbox, clock, ids, causation } = parts;
  const { group, policy } = subscription;
  const watch = watchHandler();
  let outcome: "done" | "repeat" | "blocked" = "done";

  const withinTransaction = async (tx: Transaction, limited: CallContext): Promise<void> => {
    outcome = claim ? await claimed(tx) : await admit(parts, subscription, { topic, envelope }, tx);
    if (outcome === "done") await handle(tx, limited);
  };

  const handle = (tx: Transaction, limited: CallContext): Promise<void> =>
    watch.handler(() => effect(envelope, new EventAttempt(envelope, tx, attempt, limited)));

  /** A dead letter waits for nobody: it is the first of its key. */
  const claimed = async (tx: Transaction): Promise<"done" | "repeat"> => {
    if (!(await claim?.(tx))) return "repeat";
    const isFresh = !inbox || (await inbox.record(tx, group, subscription.inboxKeyOf(envelope)));
    return isFresh ? "done" : "repeat";
  };

  const innermost: HandlingHandler = ({ context }) =>
    withDeadline(
      context,
      (limited) =>
        causation.run(envelope.id, () =>
          database
            ? database.transaction((tx) => withinTransaction(tx, limited), { signal: limited.signal })
            : handle(subscription.noTransaction, limited),
        ),
      clock,
    );
  const run = parts.interceptors.reduceRight((next, interceptor) => interceptor(next), innermost);
  const { timeoutMs } = policy;
  const { context, origin } = fromContextAttributes(envelope.extensions, { ids, clock, timeoutMs, signal });
  await watch.around(() =>
    run({ kind: "event", name: subscription.event.name, group, id: envelope.id, attempt, context, origin }),
  );
  return outcome;
}
