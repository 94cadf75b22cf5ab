import type { DescMessage } from "@bufbuild/protobuf";
import { failedPrecondition, type Transaction } from "@parley/core";
import type { Envelope, Ordering, StartPosition } from "@parley/transport";
import { checkPolicy } from "../check-policy.ts";
import { correlationOf } from "../context/context-attributes.ts";
import { COUNT, checkNumbers, SPAN } from "../definition/check-numbers.ts";
import type { EventDefinition } from "../definition/define-event.ts";
import type { BatchOptions, SubscribeOptions } from "../event-bus.ts";
import type { BusParts } from "../parts.ts";
import { acknowledgeWithinMs, type EventPolicy } from "../policy.ts";
import { toIndexKey } from "../store/index-key.ts";

/** One event as one group hears it, with nothing left open. */
export interface ResolvedSubscription {
  readonly event: EventDefinition;
  readonly group: string;
  /** Undefined is the default, which depends on a transport that may not be connected yet. */
  readonly from: StartPosition | undefined;
  readonly ordering: Ordering;
  readonly policy: EventPolicy;
  readonly acknowledgeWithinMs: number;
  /** The transaction of its handlers in a service without a database. */
  readonly noTransaction: Transaction;
  /** What an event is known by in the inbox: short enough for an index, whatever a foreign client made its id of. */
  inboxKeyOf(envelope: Envelope): string;
  /** The key behind whose dead letters an event waits; undefined if it waits for nobody. */
  lineOf(envelope: Envelope): string | undefined;
}

export interface ResolvedBatching {
  readonly maxSize: number;
  readonly maxWaitMs: number;
}

const DEFAULT_BATCH_SIZE = 100;
const DEFAULT_BATCH_WAIT_MS = 100;

export function resolveSubscription<Desc extends DescMessage>(
  parts: BusParts,
  event: EventDefinition<Desc>,
  options: SubscribeOptions,
): ResolvedSubscription {
  const { group = parts.service, from, ordering = event.ordering, dedupBy = "id", ...own } = options;
  const policy = checkPolicy(event.name, {
    ...parts.policyFor(event as unknown as EventDefinition),
    ...given(own),
  });
  return {
    event: event as unknown as EventDefinition,
    group,
    from,
    ordering,
    policy,
    acknowledgeWithinMs: acknowledgeWithinMs(policy),
    noTransaction: noTransaction(parts.service),
    inboxKeyOf(envelope) {
      const correlation = dedupBy === "correlation" ? correlationOf(envelope.extensions) : undefined;
      return toIndexKey(correlation === undefined ? eventKeyOf(envelope) : `${event.name} correlation ${correlation}`);
    },
    lineOf: ({ key }) => (ordering === "none" ? undefined : key),
  };
}

/** An event's source and id as one text. Only a foreign client gives a source with a space, which could stand for another pair. */
function eventKeyOf({ source, id }: Envelope): string {
  return source.includes(" ") ? JSON.stringify([source, id]) : `${source} ${id}`;
}

export function resolveBatching(event: string, { maxSize, maxWaitMs }: BatchOptions): ResolvedBatching {
  checkNumbers(`a batch of ${event}`, { maxSize, maxWaitMs }, { maxSize: COUNT, maxWaitMs: SPAN });
  return { maxSize: maxSize ?? DEFAULT_BATCH_SIZE, maxWaitMs: maxWaitMs ?? DEFAULT_BATCH_WAIT_MS };
}

/** The options of a policy that are there: an undefined one must not hide the default. */
export function given(options: Partial<EventPolicy>): Partial<EventPolicy> {
  const { maxAttempts, outageLimitMs, backoff, terminalCodes, concurrency, timeoutMs } = options;
  const { acknowledgeWithinMs: within } = options;
  const times = { outageLimitMs, timeoutMs, acknowledgeWithinMs: within };
  const policy = { maxAttempts, backoff, terminalCodes, concurrency, ...times };
  return Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined));
}

/** Stands where a transaction would, in a service that has no database. */
function noTransaction(service: string): Transaction {
  const refuse = (): never => {
    throw failedPrecondition(`${service} has no database, so its handlers have no transaction: give it one`);
  };
  return { query: async () => refuse(), afterCommit: refuse };
}
