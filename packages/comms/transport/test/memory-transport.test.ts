import { setImmediate as turn } from "node:timers/promises";
import { fromHeaders } from "../src/envelope/from-headers.ts";
import { createMemoryBroker } from "../src/testing/memory/broker.ts";
import { createMemoryTransport } from "../src/testing/memory/create-memory-transport.ts";
import { describeEventTransport } from "../src/testing/suite/describe-event-transport.ts";

let foreignIds = 0;

async function makeHarness(capabilities = {}) {
  const broker = createMemoryBroker({ capabilities });
  const plain = createMemoryTransport({ broker });
  return {
    connect: async ({ topics }: { topics: Parameters<typeof broker.addTopics>[0] }) =>
      createMemoryTransport({ broker, topics }),
    foreign: {
      async publish(topic: string, body: string) {
        const defaults = { transport: "memory", id: `foreign-${foreignIds++}`, receivedAtMs: Date.now() };
        await plain.publish(topic, [fromHeaders(topic, {}, new TextEncoder().encode(body), defaults)]);
      },
      read(topic: string, count: number) {
        const { promise, resolve } = Promise.withResolvers<readonly string[]>();
        const bodies: string[] = [];
        const consumer = plain.subscribe(
          {
            topics: [topic],
            group: undefined,
            from: "latest",
            concurrency: 1,
            ordering: "none",
            acknowledgeWithinMs: 1_000,
          },
          async ({ envelope }) => {
            bodies.push(new TextDecoder().decode(envelope.data));
            if (bodies.length === count) resolve(bodies);
            return "done";
          },
        );
        return { ready: consumer.then(() => {}), bodies: promise };
      },
    },
    async restartBroker() {
      broker.stop();
      await turn();
      broker.start();
    },
    close: () => plain.close(),
  };
}

describeEventTransport("memory", () => makeHarness());
describeEventTransport("memory with nothing declared", () =>
  makeHarness({ ordering: "none", retention: false, replay: false, requestReply: false, durable: false }),
);
