import type { ForeignClient } from "@parley/transport/testing";
import { Consumer, MessagesStreamModes, Producer } from "@platformatic/kafka";

/** A plain Kafka client: values, no keys, no headers. */
export function foreignClient(broker: string): ForeignClient {
  const client = { clientId: "foreign", bootstrapBrokers: [broker] };
  return {
    async publish(topic, body) {
      const producer = new Producer(client);
      await producer.send({ messages: [{ topic, value: Buffer.from(body) }] });
      await producer.close();
    },
    read(topic, count) {
      const consumer = new Consumer({ ...client, groupId: `foreign-${crypto.randomUUID()}` });
      const opening = consumer.consume({ topics: [topic], mode: MessagesStreamModes.LATEST, autocommit: false });
      const ready = opening.then(async (stream) => {
        // The stream asks for the latest offsets after it is there.
        await new Promise<void>((resolve) => {
          if (stream.offsetsToFetch.size > 0) resolve();
          else stream.once("offsets", () => resolve());
        });
      });
      const collect = async (): Promise<string[]> => {
        const bodies: string[] = [];
        const stream = await opening;
        for await (const message of stream) {
          bodies.push(message.value.toString());
          if (bodies.length === count) break;
        }
        await consumer.close(true);
        return bodies;
      };
      return { ready, bodies: collect() };
    },
  };
}
