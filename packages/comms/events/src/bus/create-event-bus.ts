import { failedPrecondition } from "@parley/core";
import { createDeadLetters } from "../consume/dead-letters.ts";
import type { EventBus } from "../event-bus.ts";
import { type EventBusOptions, required, resolveParts } from "../parts.ts";
import { createPublish, createPublishNow } from "../relay/publish.ts";
import { createRequest } from "../requests/requests.ts";
import { createEnqueue } from "../work/enqueue.ts";
import { createRegistrations } from "./registrations.ts";
import { type RunningBus, runBus } from "./run-bus.ts";

/** The bus of a service over a transport and the stores of its database. */
export function createEventBus(options: EventBusOptions): EventBus {
  const parts = resolveParts(options);
  for (const event of parts.publishes) parts.codec.prepare(event.schema);
  const registrations = createRegistrations(parts);
  let starting: Promise<RunningBus> | undefined;
  let running: RunningBus | undefined;
  let draining: Promise<void> | undefined;

  const wakeWorkers = (queue: string): void => {
    for (const worker of running?.workers ?? []) if (worker.queue === queue) worker.wake();
  };
  const deadLetters = createDeadLetters(parts, () => running?.replay);

  const publish = createPublish(parts, () => running?.relay?.loop.wake());
  const enqueue = createEnqueue(parts, wakeWorkers);

  return {
    publish,
    publishNow: createPublishNow(parts, publish),
    enqueue,
    enqueueNow: async (queue, payload, options) =>
      enqueue(required(parts.database, `enqueueing ${queue.name}`, parts.service), queue, payload, options),
    request: createRequest(parts),
    subscribe: registrations.subscribe,
    subscribeBatch: registrations.subscribeBatch,
    work: registrations.work,
    respond: registrations.respond,
    deadLetters,
    async start() {
      if (draining) throw failedPrecondition(`the bus of ${parts.service} was drained: make another`);
      registrations.seal();
      starting ??= runBus(parts, registrations);
      try {
        running = await starting;
      } catch (thrown) {
        // The broker may be away: it may be started again.
        starting = undefined;
        throw thrown;
      }
    },
    async drain(closeOptions = {}) {
      draining ??= (async () => {
        const started = await starting?.catch(() => undefined);
        await started?.drain(closeOptions);
      })();
      await draining;
    },
    async lag() {
      if (running) return running.lag();
      return { outbox: (await parts.outbox?.lag())?.count ?? 0, groups: [], queues: [] };
    },
  };
}
