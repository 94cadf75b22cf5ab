import { connect as dial } from "amqplib";
import {
  attributesOf,
  type ConnectPeer,
  createEchoes,
  DATA_ALONE,
  decodeEvent,
  encodeEvent,
  sampleEvent,
} from "../peer.ts";

/** A quorum queue, confirms on one side and manual acknowledgements on the other. */
export const connect: ConnectPeer = async (url, { topic, concurrency, variant }) => {
  const connection = await dial(url);
  const publisher = await connection.createConfirmChannel();
  const subscriber = await connection.createChannel();
  await subscriber.assertQueue(topic, { durable: true, arguments: { "x-queue-type": "quorum" } });
  await subscriber.prefetch(concurrency);
  const echoes = createEchoes();
  await subscriber.consume(topic, (message) => {
    if (message === null) return;
    echoes.heard(decodeEvent(message.content).assignment_id);
    subscriber.ack(message);
  });
  const confirmed = (id: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const event = sampleEvent(id);
      const headers =
        variant === DATA_ALONE ? undefined : Object.fromEntries(attributesOf(topic, event, "cloudEvents:"));
      publisher.sendToQueue(topic, Buffer.from(encodeEvent(event)), { persistent: true, headers }, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  return {
    roundTrip: () => echoes.roundTrip(confirmed),
    async close() {
      await subscriber.deleteQueue(topic);
      await connection.close();
    },
  };
};
