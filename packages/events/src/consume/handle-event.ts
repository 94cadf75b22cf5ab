import {
  type Executor,
  type HandlingHandler,
  type HandlingOutcome,
  type Transaction,
  withDeadline,
} from "@parley/core";
import type { BusParts } from "../bus/parts.ts";
import { fromContextAttributes, originOf } from "../context/context-attributes.ts";
import type { Envelope } from "../envelope/envelope.ts";
import type { Delivery } from "../transport/event-transport.ts";
import { admit } from "./admit.ts";
import { watchHandler } from "./handler-failure.ts";
import { noTransaction, type ResolvedSubscription } from "./subscription.ts";

/** Calls the handler of a subscription. `tx` is where the event is recorded as handled. */
export type Effect = (
  envelope: Envelope,
  scope: { readonly tx: Transaction; readonly attempt: number; readonly signal: AbortSignal },
) => Promise<void>;

export interface HandleOptions {
  readonly attempt: number;
  readonly signal: AbortSignal;
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
  const { database, inbox, clock, ids, causation, service } = parts;
  const { group, policy } = subscription;
  const watch = watchHandler();
  let outcome: "done" | "repeat" | "blocked" = "done";

  const withinTransaction = async (tx: Transaction, limit: AbortSignal): Promise<void> => {
    outcome = claim ? await claimed(tx) : await admit(parts, subscription, { topic, envelope }, tx);
    if (outcome === "done") await watch.handler(() => effect(envelope, { tx, attempt, signal: limit }));
  };

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
            ? database.transaction((tx) => withinTransaction(tx, limited.signal), { signal: limited.signal })
            : watch.handler(() => effect(envelope, { tx: noTransaction(service), attempt, signal: limited.signal })),
        ),
      clock,
    );
  const run = parts.interceptors.reduceRight((next, interceptor) => interceptor(next), innermost);
  const context = fromContextAttributes(envelope.extensions, { ids, clock, timeoutMs: policy.timeoutMs, signal });
  const origin = originOf(envelope.extensions);
  await watch.around(() =>
    run({ kind: "event", name: subscription.event.name, group, id: envelope.id, attempt, context, origin }),
  );
  return outcome;
}
