import type { BusEvent, Logger } from "@parley/core";
import { createSeededRandom } from "@parley/core/internal";
import { createMemoryBroker, createMemoryTransport, type MemoryBroker } from "@parley/transport/testing";
import { onTestFinished, vi } from "vitest";
import { createEventBus } from "../../src/bus/create-event-bus.ts";
import type { EventBus } from "../../src/event-bus.ts";
import type { EventBusOptions } from "../../src/parts.ts";
import { createMemoryDatabase } from "../../src/testing/memory/create-memory-database.ts";
import { createMemoryDeadLetters } from "../../src/testing/memory/create-memory-dead-letters.ts";
import { createMemoryInbox } from "../../src/testing/memory/create-memory-inbox.ts";
import { createMemoryOutbox } from "../../src/testing/memory/create-memory-outbox.ts";
import { createMemoryWork } from "../../src/testing/memory/create-memory-work.ts";

/** Waits that would be seconds in production. */
export const FAST = {
  backoff: { initialMs: 5, maxMs: 20, multiplier: 2, jitter: "none" },
} as const;

export interface BusForTest {
  readonly bus: EventBus;
  readonly broker: MemoryBroker;
  readonly database: ReturnType<typeof createMemoryDatabase>;
  readonly stores: ReturnType<typeof createStores>;
  readonly observed: BusEvent[];
  readonly lines: { readonly level: string; readonly message: string | undefined; readonly fields: object }[];
}

function createStores() {
  return {
    outbox: createMemoryOutbox(),
    inbox: createMemoryInbox(),
    deadLetters: createMemoryDeadLetters(),
    work: createMemoryWork(),
  };
}

/** A bus on memory alone; drained when the test is over. */
export function busForTest(options: Partial<EventBusOptions> & { readonly broker?: MemoryBroker } = {}): BusForTest {
  const { broker = createMemoryBroker(), ...rest } = options;
  const database = createMemoryDatabase();
  const stores = createStores();
  const observed: BusEvent[] = [];
  const lines: BusForTest["lines"] = [];
  const log =
    (level: string) =>
    (fields: object, message?: string): void =>
      void lines.push({ level, message, fields });
  const logger: Logger = { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
  const transport = createMemoryTransport({ broker });
  const bus = createEventBus({
    service: "course-service",
    transport,
    database,
    ...stores,
    logger,
    random: createSeededRandom(1),
    policyFor: () => FAST,
    settings: { outboxPollMs: 20, outboxMaxBackoffMs: 50, replayPollMs: 10, replayPerSecond: 1_000, workPollMs: 20 },
    observe: (event) => void observed.push(event),
    ...rest,
  });
  onTestFinished(async () => {
    await bus.drain({ signal: AbortSignal.timeout(2_000) });
    await transport.close({ signal: AbortSignal.abort() });
  });
  return { bus, broker, database, stores, observed, lines };
}

/** Waits for a condition that must come true. */
export const eventually = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 5_000, interval: 5 });
