import type { ForeignClient } from "@parley/transport/testing";
import { connect } from "amqplib";

/** A plain client that knows the name of the exchange and nothing else. */
export function foreignClient(url: string): ForeignClient {
  return {
    async publish(topic, body) {
      const connection = await connect(url);
      const channel = await connection.createConfirmChannel();
      channel.publish("parley.events", topic, Buffer.from(body));
      await channel.waitForConfirms();
      await connection.close();
    },
    read(topic, count) {
      const ready = Promise.withResolvers<void>();
      const bodies = (async () => {
        const connection = await connect(url);
        const channel = await connection.createChannel();
        const { queue } = await channel.assertQueue("", { exclusive: true });
        await channel.bindQueue(queue, "parley.events", topic);
        const got: string[] = [];
        await new Promise<void>((resolve, reject) => {
          channel
            .consume(
              queue,
              (message) => {
                got.push(message?.content.toString("utf8") ?? "");
                if (got.length === count) resolve();
              },
              { noAck: true },
            )
            .then(() => ready.resolve(), reject);
        });
        await connection.close();
        return got;
      })();
      bodies.catch(ready.reject);
      return { ready: ready.promise, bodies };
    },
  };
}
