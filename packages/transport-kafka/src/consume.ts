import type { Logger } from "@parley/core";
import {
  type CloseOptions,
  type Consumer,
  createKeyedExecutor,
  type DeliveryHandler,
  type KeyedExecutor,
  type Subscription,
} from "@parley/events";
import { createGroupReader, type Reader, type ReaderSettings } from "./group-reader.ts";
import { createLiveReader } from "./live-reader.ts";

export type ConsumeSettings = Omit<ReaderSettings, "subscription" | "executor" | "handler">;

export async function consume(
  settings: ConsumeSettings,
  subscription: Subscription,
  handler: DeliveryHandler,
): Promise<Consumer> {
  const { clock, logger } = settings;
  const { group } = subscription;
  const executor = createKeyedExecutor({
    concurrency: subscription.concurrency,
    onRejected: (error) => tellRejected(logger, subscription, error),
    clock,
  });
  const common = { ...settings, subscription, executor, handler };
  const readers = await (group === undefined
    ? createLiveReader(common).then((reader) => [reader])
    : createGroupReaders({ ...common, group }));
  let closing: Promise<void> | undefined;
  return {
    async lag({ signal } = {}) {
      signal?.throwIfAborted();
      const lags = await Promise.all(readers.map((reader) => reader.lag()));
      return lags.reduce((sum, lag) => sum + lag, 0);
    },
    close: (options = {}) => (closing ??= close(readers, executor, options)),
  };
}

/**
 * A group has a group at Kafka for each topic. The client's assignment of partitions takes every member to want the
 * leader's topics, so members that ask for different ones would be given partitions that they never read.
 */
async function createGroupReaders(settings: ReaderSettings & { readonly group: string }): Promise<readonly Reader[]> {
  const { group, subscription, executor } = settings;
  const opening = subscription.topics.map((topic) =>
    createGroupReader({
      ...settings,
      group: kafkaGroupOf(group, topic),
      subscription: { ...subscription, topics: [topic] },
    }),
  );
  const opened = await Promise.allSettled(opening);
  const readers = opened.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failed = opened.find((result) => result.status === "rejected");
  if (!failed) return readers;
  await close(readers, executor, { signal: AbortSignal.abort() });
  throw failed.reason;
}

/** The name of a group at Kafka, for one topic. */
export function kafkaGroupOf(group: string, topic: string): string {
  return `${group}.${topic}`;
}

async function close(readers: readonly Reader[], executor: KeyedExecutor, { signal }: CloseOptions): Promise<void> {
  const abort = (): void => {
    for (const reader of readers) reader.abort();
  };
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    for (const reader of readers) reader.stopIntake();
    await executor.close({ signal });
    await Promise.all(readers.map((reader) => reader.leave()));
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

function tellRejected(logger: Logger, { topics, group }: Subscription, error: unknown): void {
  logger.warn({ transport: "kafka", topics, group, error }, "a handler has failed; its event comes again");
}
