import type { Logger } from "@parley/core";
import {
  type CloseOptions,
  type Consumer,
  createKeyedExecutor,
  type DeliveryHandler,
  type KeyedExecutor,
  type Subscription,
} from "@parley/transport";
import { createGroupReader } from "./group-reader.ts";
import { createLiveReader } from "./live-reader.ts";
import type { Reader, ReaderSettings } from "./reader.ts";

export type ConsumeSettings = Omit<ReaderSettings, "topic" | "subscription" | "executor" | "handler">;

/** A reader for each topic, and one executor for all: the concurrency is the consumer's, not the topic's. */
export async function consume(
  settings: ConsumeSettings,
  subscription: Subscription,
  handler: DeliveryHandler,
): Promise<Consumer> {
  const { clock, logger } = settings;
  const executor = createKeyedExecutor({
    concurrency: subscription.concurrency,
    onRejected: (error) => tellRejected(logger, subscription, error),
    clock,
  });
  const readers: Reader[] = [];
  try {
    for (const topic of subscription.topics) {
      const common = { ...settings, topic, subscription, executor, handler };
      const { group } = subscription;
      readers.push(await (group === undefined ? createLiveReader(common) : createGroupReader({ ...common, group })));
    }
  } catch (error) {
    await closeAll(readers, executor, {});
    throw error;
  }
  let closing: Promise<void> | undefined;
  return {
    async lag({ signal } = {}) {
      signal?.throwIfAborted();
      const lags = await Promise.all(readers.map((reader) => reader.lag()));
      return lags.reduce((sum, lag) => sum + lag, 0);
    },
    close: (options = {}) => (closing ??= closeAll(readers, executor, options)),
  };
}

async function closeAll(readers: readonly Reader[], executor: KeyedExecutor, { signal }: CloseOptions): Promise<void> {
  const abort = (): void => {
    for (const reader of readers) reader.abort();
  };
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await Promise.all(readers.map((reader) => reader.stopIntake()));
    await executor.close({ signal });
    await Promise.all(readers.map((reader) => reader.leave()));
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

function tellRejected(logger: Logger, { topics, group }: Subscription, error: unknown): void {
  logger.warn({ transport: "nats", topics, group, error }, "a handler has failed; its event comes again");
}
