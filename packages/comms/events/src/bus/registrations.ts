import { failedPrecondition } from "@parley/core";
import type { DeliveryHandler, RequestReply } from "@parley/transport";
import { checkPolicy } from "../check-policy.ts";
import { JSON_CONTENT_TYPE } from "../codec/payload-codec.ts";
import { type BoundBatchHandler, createBatchHandler } from "../consume/handle-batch.ts";
import type { Effect } from "../consume/handle-event.ts";
import { createDeliveryHandler } from "../consume/settle-delivery.ts";
import { given, type ResolvedSubscription, resolveBatching, resolveSubscription } from "../consume/subscription.ts";
import { COUNT, checkNumbers, LIMIT } from "../definition/check-numbers.ts";
import type { QueueDefinition, WorkerOptions } from "../definition/define-queue.ts";
import type { EventBus } from "../event-bus.ts";
import { type BusParts, required } from "../parts.ts";
import type { EventPolicy } from "../policy.ts";
import { createResponder } from "../requests/requests.ts";
import type { BoundJobHandler } from "../work/run-job.ts";

export interface RegisteredSubscription {
  readonly subscription: ResolvedSubscription;
  /** What the transport may have with us at once. */
  readonly concurrency: number;
  readonly handler: DeliveryHandler;
  /** For a replay, one by one. */
  readonly effect: Effect;
}

export interface RegisteredWorker {
  readonly queue: QueueDefinition;
  readonly policy: EventPolicy;
  readonly options: WorkerOptions;
  readonly effect: BoundJobHandler;
}

export interface RegisteredResponder {
  readonly name: string;
  readonly handler: Parameters<RequestReply["respond"]>[2];
}

/** What was said before the start. */
export interface Registrations extends Pick<EventBus, "subscribe" | "subscribeBatch" | "work" | "respond"> {
  readonly subscriptions: readonly RegisteredSubscription[];
  readonly workers: readonly RegisteredWorker[];
  readonly responders: readonly RegisteredResponder[];
  /** From now on it is too late. */
  seal(): void;
}

function checkWorker(queue: string, { concurrency, prefetch, leaseMs }: Unresolved<WorkerOptions>): void {
  const least = concurrency?.min;
  checkNumbers(queue, { prefetch, leaseMs }, { prefetch: { min: 0, kind: "whole" }, leaseMs: LIMIT });
  if (!concurrency) return;
  const max = { min: typeof least === "number" && least >= 1 ? least : 1, kind: "whole" } as const;
  checkNumbers(`the concurrency of ${queue}`, concurrency, { min: COUNT, max });
}

type Unresolved<T> = { readonly [Name in keyof T]?: T[Name] | undefined };

/** A batch is gathered while another is handled. */
const BATCHES_AT_ONCE = 2;

export function createRegistrations(parts: BusParts): Registrations {
  const { codec, service } = parts;
  const subscriptions: RegisteredSubscription[] = [];
  const workers: RegisteredWorker[] = [];
  const responders: RegisteredResponder[] = [];
  const taken = new Set<string>();
  let isSealed = false;

  function reserve(what: string): void {
    if (isSealed) throw failedPrecondition(`${service} adds ${what} after its bus has started: say it before`);
    if (taken.has(what)) throw failedPrecondition(`${service} has ${what} twice: give one of them another group`);
    taken.add(what);
  }

  function addSubscription(registered: RegisteredSubscription): void {
    const { event, group } = registered.subscription;
    reserve(`the group ${group} of ${event.name}${event.topic === event.name ? "" : ` on ${event.topic}`}`);
    codec.prepare(event.schema);
    subscriptions.push(registered);
  }

  return {
    subscriptions,
    workers,
    responders,
    seal() {
      isSealed = true;
    },
    subscribe(event, handler, options = {}) {
      const subscription = resolveSubscription(parts, event, options);
      const effect: Effect = (envelope, context) => handler(codec.decode(event.schema, envelope), context);
      addSubscription({
        subscription,
        concurrency: subscription.policy.concurrency,
        handler: createDeliveryHandler(parts, subscription, effect),
        effect,
      });
    },
    subscribeBatch(event, handler, options = {}) {
      const subscription = resolveSubscription(parts, event, options);
      const batching = resolveBatching(event.name, options);
      const batchEffect: BoundBatchHandler = (envelopes, context) =>
        handler(
          envelopes.map((envelope) => ({ envelope, payload: codec.decode(event.schema, envelope) })),
          context,
        );
      addSubscription({
        subscription,
        concurrency: batching.maxSize * BATCHES_AT_ONCE,
        handler: createBatchHandler(parts, subscription, batching, batchEffect),
        effect: (envelope, context) => batchEffect([envelope], context),
      });
    },
    work(queue, handler, { concurrency, prefetch, leaseMs, ...own } = {}) {
      required(parts.work, `working ${queue.name}`, service);
      checkWorker(queue.name, { concurrency, prefetch, leaseMs });
      reserve(`the queue ${queue.name}`);
      codec.prepare(queue.schema);
      const definition = queue as unknown as QueueDefinition;
      workers.push({
        queue: definition,
        policy: checkPolicy(queue.name, { ...parts.policyFor(definition), ...given(own) }),
        options: {
          ...(concurrency && { concurrency }),
          ...(prefetch !== undefined && { prefetch }),
          ...(leaseMs !== undefined && { leaseMs }),
        },
        effect: (job, context) =>
          handler(codec.decode(queue.schema, { contentType: JSON_CONTENT_TYPE, data: job.data }), context),
      });
    },
    respond(definition, handler) {
      reserve(`the answer to ${definition.name}`);
      codec.prepare(definition.request);
      codec.prepare(definition.response);
      responders.push({ name: definition.name, handler: createResponder(parts, definition, handler) });
    },
  };
}
