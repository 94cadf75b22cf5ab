import {
  Admin,
  CompressionAlgorithms,
  Consumer,
  MessagesStreamModes,
  type MessageToProduce,
  ProduceAcks,
  Producer,
} from "@platformatic/kafka";
import {
  attributesOf,
  type ConnectPeer,
  createEchoes,
  DATA_ALONE,
  decodeEvent,
  encodeEvent,
  sampleEvent,
} from "../peer.ts";

/** Messages of one turn of the event loop go in one request: the client itself sends each call on its own. */
const PARTITIONS = 8;

export const connect: ConnectPeer = async (url, { topic, concurrency, variant }) => {
  const options = { clientId: "bench", bootstrapBrokers: [new URL(url).host] };
  const admin = new Admin(options);
  await admin.createTopics({ topics: [topic], partitions: PARTITIONS, replicas: 1 });
  const isWhole = variant !== DATA_ALONE;
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
    ...options,
    idempotent: true,
    acks: ProduceAcks.ALL,
    compression: isWhole ? CompressionAlgorithms.SNAPPY : CompressionAlgorithms.NONE,
  });
  const consumer = new Consumer({ ...options, groupId: topic, highWaterMark: concurrency });
  const stream = await consumer.consume({
    topics: [topic],
    mode: MessagesStreamModes.EARLIEST,
    autocommit: 1_000,
    maxWaitTime: 5,
  });
  const echoes = createEchoes();
  stream.on("data", (message) => echoes.heard(decodeEvent(message.value).assignment_id));
  let batch: MessageToProduce<Buffer, Buffer, Buffer, Buffer>[] = [];
  let sent: Promise<unknown> | undefined;
  const send = (id: number): Promise<unknown> => {
    const event = sampleEvent(id);
    const attributes = isWhole ? attributesOf(topic, event, "ce_") : [];
    const headers = new Map(attributes.map(([name, value]) => [Buffer.from(name), Buffer.from(value)]));
    batch.push({ topic, key: Buffer.from(String(event.course_id)), value: Buffer.from(encodeEvent(event)), headers });
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
