import {
  type BusObserver,
  type Clock,
  type Database,
  failedPrecondition,
  type Logger,
  noopLogger,
  type Random,
  systemClock,
} from "@parley/core";
import { type ConsumeInterceptor, type IdSource, systemIds, systemRandom } from "@parley/core/internal";
import type { EventTransport, TransportSummary } from "@parley/transport";
import { checkSettings } from "./check-policy.ts";
import { createPayloadCodec, type PayloadCodec } from "./codec/payload-codec.ts";
import type { EventDefinition } from "./definition/define-event.ts";
import type { QueueDefinition } from "./definition/define-queue.ts";
import {
  type BusSettings,
  DEFAULT_BUS_SETTINGS,
  DEFAULT_EVENT_POLICY,
  DEFAULT_JOB_TIMEOUT_MS,
  type EventPolicy,
} from "./policy.ts";
import type { DeadLetterStore } from "./store/dead-letter-store.ts";
import type { InboxStore } from "./store/inbox-store.ts";
import type { OutboxStore } from "./store/outbox-store.ts";
import type { WorkStore } from "./store/work-store.ts";

export interface EventBusOptions {
  /** Whose bus it is: the source of its events, and the group of its subscriptions. */
  readonly service: string;
  /** Closed by whoever opened it, after {@link EventBus.drain}. */
  readonly transport: EventTransport;
  /** Transports that a refusal may suggest where this one cannot give what is asked. Default none. */
  readonly alternatives?: readonly TransportSummary[] | undefined;
  /** The service's own. Without it nothing can be published, and handlers run at least once instead of once in effect. */
  readonly database?: Database | undefined;
  /** The stores in that database. A bus lacks the powers of those that are left out. */
  readonly outbox?: OutboxStore | undefined;
  readonly inbox?: InboxStore | undefined;
  readonly deadLetters?: DeadLetterStore | undefined;
  readonly work?: WorkStore | undefined;
  /** What this service publishes: checked at the start against what the transport can. */
  readonly publishes?: readonly EventDefinition[] | undefined;
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly ids?: IdSource | undefined;
  /** What differs from {@link DEFAULT_EVENT_POLICY} for an event or a queue. */
  readonly policyFor?: ((definition: EventDefinition | QueueDefinition) => Partial<EventPolicy>) | undefined;
  readonly settings?: Partial<BusSettings> | undefined;
  /** Around every handler, the first outermost. */
  readonly interceptors?: readonly ConsumeInterceptor[] | undefined;
  readonly observe?: BusObserver | undefined;
}

/** The options with nothing left open, as the parts of a bus take them. */
export interface BusParts {
  readonly service: string;
  readonly transport: EventTransport;
  readonly alternatives: readonly TransportSummary[];
  readonly database: Database | undefined;
  readonly outbox: OutboxStore | undefined;
  readonly inbox: InboxStore | undefined;
  readonly deadLetters: DeadLetterStore | undefined;
  readonly work: WorkStore | undefined;
  readonly publishes: readonly EventDefinition[];
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: IdSource;
  policyFor(definition: EventDefinition | QueueDefinition): EventPolicy;
  readonly settings: BusSettings;
  readonly interceptors: readonly ConsumeInterceptor[];
  readonly observe: BusObserver;
  readonly codec: PayloadCodec;
}

export function resolveParts(options: EventBusOptions): BusParts {
  const { policyFor } = options;
  return {
    service: options.service,
    transport: options.transport,
    alternatives: options.alternatives ?? [],
    database: options.database,
    outbox: options.outbox,
    inbox: options.inbox,
    deadLetters: options.deadLetters,
    work: options.work,
    publishes: options.publishes ?? [],
    logger: options.logger ?? noopLogger,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    ids: options.ids ?? systemIds,
    policyFor: (definition) => ({
      ...DEFAULT_EVENT_POLICY,
      ...(definition.kind === "queue" && { timeoutMs: DEFAULT_JOB_TIMEOUT_MS }),
      ...policyFor?.(definition),
    }),
    settings: checkSettings(options.service, { ...DEFAULT_BUS_SETTINGS, ...options.settings }),
    interceptors: options.interceptors ?? [],
    observe: options.observe ?? (() => {}),
    codec: createPayloadCodec(),
  };
}

/** @throws ParleyError FAILED_PRECONDITION if the bus was made without this part. */
export function required<T>(part: T | undefined, what: string, service: string): T {
  if (part === undefined) throw failedPrecondition(`${service} has no database, and ${what} needs one: give it one`);
  return part;
}
