import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { headers as createHeaders, connect as dial } from "@nats-io/transport-node";
import {
  attributesOf,
  type ConnectPeer,
  createEchoes,
  DATA_ALONE,
  decodeEvent,
  encodeEvent,
  sampleEvent,
} from "../peer.ts";

/** JetStream as its client has it: acknowledged publishes on one side, a durable pull consumer on the other. */
export const connect: ConnectPeer = async (url, { topic, concurrency, variant }) => {
  const connection = await dial({ servers: url });
  const manager = await jetstreamManager(connection);
  const stream = topic.replaceAll(".", "-");
  await manager.streams.add({ name: stream, subjects: [topic] });
  await manager.consumers.add(stream, {
    durable_name: "bench",
    ack_policy: AckPolicy.Explicit,
    max_ack_pending: concurrency,
  });
  const client = jetstream(connection);
  const echoes = createEchoes();
  const consumer = await client.consumers.get(stream, "bench");
  const messages = await consumer.consume({
    max_messages: concurrency,
    callback: (message) => {
      echoes.heard(decodeEvent(message.data).assignment_id);
      message.ack();
    },
  });
  const send = (id: number): Promise<unknown> => {
    const event = sampleEvent(id);
    if (variant === DATA_ALONE) return client.publish(topic, encodeEvent(event));
    const headers = createHeaders();
    for (const [name, value] of attributesOf(topic, event, "ce-")) headers.set(name, value);
    return client.publish(topic, encodeEvent(event), { headers });
  };
  return {
    roundTrip: () => echoes.roundTrip(send),
    async close() {
      await messages.close();
      await manager.streams.delete(stream);
      await connection.close();
    },
  };
};
