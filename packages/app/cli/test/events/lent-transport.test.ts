import { noopLogger } from "@parley/core";
import { createServer } from "@parley/rpc";
import { connectRemote, serveTransports } from "@parley/runtime/internal";
import { fromHeaders } from "@parley/transport";
import { createMemoryBroker, createMemoryTransport, describeEventTransport } from "@parley/transport/testing";

describeEventTransport("lent by another process", async () => {
  const broker = createMemoryBroker({ capabilities: { requestReply: false } });
  const plain = createMemoryTransport({ broker });
  const lender = serveTransports({
    open: async ({ topics }) => createMemoryTransport({ broker, topics }),
    logger: noopLogger,
  });
  const server = createServer({ services: [lender.registration] });
  const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
  let clients = 0;
  let foreignIds = 0;
  return {
    connect(options) {
      clients += 1;
      return connectRemote({ ...options, url: `parley://127.0.0.1:${port}`, clientName: `client-${clients}` });
    },
    foreign: {
      async publish(topic, body) {
        foreignIds += 1;
        const defaults = { transport: "memory", id: `foreign-${foreignIds}`, receivedAtMs: Date.now() };
        await plain.publish(topic, [fromHeaders(topic, {}, new TextEncoder().encode(body), defaults)]);
      },
      read(topic, count) {
        const { promise, resolve } = Promise.withResolvers<readonly string[]>();
        const bodies: string[] = [];
        const wanted = {
          topics: [topic],
          group: undefined,
          from: "latest",
          concurrency: 1,
          ordering: "none",
          acknowledgeWithinMs: 1_000,
        } as const;
        const consumer = plain.subscribe(wanted, async ({ envelope }) => {
          bodies.push(new TextDecoder().decode(envelope.data));
          if (bodies.length === count) resolve(bodies);
          return "done";
        });
        return { ready: consumer.then(() => {}), bodies: promise };
      },
    },
    async close() {
      await lender.close();
      await plain.close();
      await server.drain({ graceMs: 0, signal: AbortSignal.abort() });
    },
  };
});
