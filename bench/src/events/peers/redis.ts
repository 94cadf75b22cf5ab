import { createClient, RESP_TYPES } from "@redis/client";
import {
  attributesOf,
  type ConnectPeer,
  createEchoes,
  DATA_ALONE,
  decodeEvent,
  encodeEvent,
  sampleEvent,
} from "../peer.ts";

const GROUP = "bench";

/** XADD on one connection; XREADGROUP on another, which acknowledges what it read. */
export const connect: ConnectPeer = async (url, { topic, concurrency, variant }) => {
  const sender = await createClient({ url }).connect();
  const reader = await sender.duplicate().connect();
  const binary = reader.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  await sender.xGroupCreate(topic, GROUP, "$", { MKSTREAM: true });
  const echoes = createEchoes();
  let isOpen = true;
  const reading = (async () => {
    while (isOpen) {
      const streams = (await binary.xReadGroup(GROUP, "one", [{ key: topic, id: ">" }], {
        COUNT: concurrency,
        BLOCK: 1_000,
      })) as { messages: { id: Buffer; message: Record<string, Buffer> }[] }[] | null;
      for (const { messages } of streams ?? []) {
        for (const { message } of messages) if (message.data) echoes.heard(decodeEvent(message.data).assignment_id);
        await sender.xAck(
          topic,
          GROUP,
          messages.map(({ id }) => id.toString()),
        );
      }
    }
  })();
  const send = (id: number): Promise<unknown> => {
    const event = sampleEvent(id);
    const attributes = variant === DATA_ALONE ? {} : Object.fromEntries(attributesOf(topic, event, "ce-"));
    return sender.xAdd(topic, "*", { ...attributes, data: Buffer.from(encodeEvent(event)) });
  };
  return {
    roundTrip: () => echoes.roundTrip(send),
    async close() {
      isOpen = false;
      await reading;
      await sender.del(topic);
      sender.destroy();
      reader.destroy();
    },
  };
};
