import type { Logger } from "@parley/core";
import {
  type CloseOptions,
  type Consumer,
  createKeyedExecutor,
  type DeliveryHandler,
  type KeyedExecutor,
  type Subscription,
} from "@parley/transport";
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
  const reader = await (group === undefined ? createLiveReader(common) : createGroupReader({ ...common, group }));
  let closing: Promise<void> | undefined;
  return {
    async lag({ signal } = {}) {
      signal?.throwIfAborted();
      return await reader.lag();
    },
    close: (options = {}) => (closing ??= close(reader, executor, options)),
  };
}

async function close(reader: Reader, executor: KeyedExecutor, { signal }: CloseOptions): Promise<void> {
  const abort = (): void => reader.abort();
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    reader.stopIntake();
    await executor.close({ signal });
    await reader.leave();
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

function tellRejected(logger: Logger, { topics, group }: Subscription, error: unknown): void {
  logger.warn({ transport: "kafka", topics, group, error }, "a handler has failed; its event comes again");
}
