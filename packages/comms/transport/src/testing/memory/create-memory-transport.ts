import { type Logger, noopLogger, ParleyError } from "@parley/core";
import { assertDataSize, assertSubscription } from "../../check-subscription.ts";
import type { CloseOptions, Consumer, EventTransport, Subscription, TopicSpec } from "../../event-transport.ts";
import { createMemoryBroker, type MemoryBroker } from "./broker.ts";
import type { Member } from "./group.ts";

export interface MemoryTransportOptions {
  /** Default a broker of its own. Transports on one broker hear each other. */
  readonly broker?: MemoryBroker | undefined;
  readonly topics?: readonly TopicSpec[] | undefined;
  readonly logger?: Logger | undefined;
}

/** A transport within the process, for unit tests: the whole port, and nothing outlives the process. */
export function createMemoryTransport(options: MemoryTransportOptions = {}): EventTransport {
  const { broker = createMemoryBroker(), logger = noopLogger } = options;
  const consumers = new Set<Consumer>();
  let closed = false;
  broker.addTopics(options.topics ?? []);

  const assertOpen = (): void => {
    if (closed) throw new ParleyError("UNAVAILABLE", "the memory transport is closed");
  };
  const self = { name: "memory", capabilities: broker.capabilities };
  return {
    ...self,
    requests: broker.capabilities.requestReply ? broker.responders : undefined,
    async publish(topic, envelopes, { signal } = {}) {
      assertOpen();
      if (signal?.aborted) {
        throw new ParleyError("DEADLINE_EXCEEDED", "publishing was cancelled", { cause: signal.reason });
      }
      assertDataSize(self, topic, envelopes);
      broker.append(topic, envelopes);
    },
    async subscribe(subscription, handler) {
      assertOpen();
      assertSubscription(self, subscription);
      const member: Member = {
        handler,
        concurrency: subscription.concurrency,
        acknowledgeWithinMs: subscription.acknowledgeWithinMs,
        onRejected: (thrown) => logger.warn({ group: subscription.group, err: thrown }, "event handler rejected"),
        running: new Set(),
        groups: new Set(),
        closing: false,
        onIdle: new Set(),
      };
      for (const group of broker.groupsOf(subscription)) group.join(member);
      const consumer = createConsumer({ broker, member, subscription });
      consumers.add(consumer);
      return consumer;
    },
    async close(closeOptions) {
      closed = true;
      await Promise.all([...consumers].map((consumer) => consumer.close(closeOptions)));
      consumers.clear();
    },
  };
}

function createConsumer({
  broker,
  member,
  subscription,
}: {
  broker: MemoryBroker;
  member: Member;
  subscription: Subscription;
}): Consumer {
  return {
    lag: async () => [...member.groups].reduce((sum, { size }) => sum + size, 0),
    async close({ signal }: CloseOptions = {}) {
      member.closing = true;
      await runningHandlersEnd(member, signal);
      for (const group of member.groups) {
        group.leave(member);
        if (subscription.group !== undefined) continue;
        broker.leave(group);
        group.clear();
      }
    },
  };
}

function runningHandlersEnd(member: Member, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      signal?.removeEventListener("abort", end);
      resolve();
    };
    member.onIdle.add(end);
    signal?.addEventListener("abort", end, { once: true });
    if (member.running.size === 0 || signal?.aborted) end();
  });
}
