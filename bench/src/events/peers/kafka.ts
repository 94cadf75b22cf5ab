import { Admin, Consumer, MessagesStreamModes, ProduceAcks, Producer } from "@platformatic/kafka";
import { type ConnectPeer, createEchoes, decodeEvent, encodeEvent, sampleEvent } from "../peer.ts";

/** Messages of one turn of the event loop go in one request: the client itself sends each call on its own. */
const PARTITIONS = 8;

export const connect: ConnectPeer = async (url, { topic, concurrency }) => {
  const options = { clientId: "bench", bootstrapBrokers: [new URL(url).host] };
  const admin = new Admin(options);
  await admin.createTopics({ topics: [topic], partitions: PARTITIONS, replicas: 1 });
  const producer = new Producer({ ...options, idempotent: true, acks: ProduceAcks.ALL });
  const consumer = new Consumer({ ...options, groupId: topic, highWaterMark: concurrency });
  const stream = await consumer.consume({
    topics: [topic],
    mode: MessagesStreamModes.EARLIEST,
    autocommit: 1_000,
    maxWaitTime: 5,
  });
  const echoes = createEchoes();
  stream.on("data", (message) => echoes.heard(decodeEvent(message.value).assignment_id));
  let batch: { topic: string; key: Buffer; value: Buffer }[] = [];
  let sent: Promise<unknown> | undefined;
  const send = (id: number): Promise<unknown> => {
    const event = sampleEvent(id);
    batch.push({ topic, key: Buffer.from(String(event.course_id)), value: Buffer.from(encodeEvent(event)) });
    sent ??= new Promise((resolve) => setImmediate(resolve)).then(() => {
      const messages = batch;
      batch = [];
      sent = undefined;
      return producer.send({ messages });
    });
    return sent;
  };
  return {
    roundTrip: () => echoes.roundTrip(send),
    async close() {
      await stream.close();
      await consumer.close(true);
      await producer.close();
      await admin.deleteTopics({ topics: [topic] });
      await admin.close();
    },
  };
};
