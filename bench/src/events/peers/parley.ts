import { createEventBus, defineEvent } from "@parley/events";
import {
  createDeadLetterStore,
  createInboxStore,
  createOutboxStore,
  migrateEventStores,
  openDatabase,
} from "@parley/postgres";
import type { EventTransport } from "@parley/transport";
import { AssignmentCreatedSchema } from "../../../gen/bench/v1/bench_pb.ts";
import { type ConnectPeer, createEchoes, encodeEvent, sampleEvent } from "../peer.ts";
import { openTransport } from "../transports.ts";

/**
 * `bus`: events are published on the transport and handled by the bus of a service without a database: envelope, context,
 * validation, order per key, retry policy. `effects`: the whole way of a service with one, from the transaction that
 * publishes through outbox, relay and broker to the transaction that records the event as handled.
 */
export const connect: ConnectPeer = async (url, { topic, concurrency, variant, databaseUrl }) => {
  const event = defineEvent({
    name: topic,
    schema: AssignmentCreatedSchema,
    key: ({ courseId }) => courseId,
  });
  const transport = await openTransport(url, [event]);
  const echoes = createEchoes();
  const service = "bench";
  if (variant === "bus") {
    const bus = createEventBus({ service, transport });
    bus.subscribe(event, async ({ assignmentId }) => echoes.heard(assignmentId), { concurrency });
    await bus.start();
    return {
      roundTrip: () => echoes.roundTrip((id) => publishBare(transport, topic, id)),
      async close() {
        await bus.drain();
        await transport.close();
      },
    };
  }
  const database = await openDatabase({ url: databaseUrl });
  await migrateEventStores(database);
  const bus = createEventBus({
    service,
    transport,
    database,
    publishes: [event],
    outbox: createOutboxStore(database),
    inbox: createInboxStore(database),
    deadLetters: createDeadLetterStore(database),
  });
  bus.subscribe(event, async ({ assignmentId }) => echoes.heard(assignmentId), { concurrency });
  await bus.start();
  return {
    roundTrip: () =>
      echoes.roundTrip((id) => {
        const { course_id: courseId, title, due_date: dueDate } = sampleEvent(id);
        return bus.publish(database, event, { assignmentId: id, courseId, title, dueDate });
      }),
    async close() {
      await bus.drain();
      await transport.close();
      await database.close();
    },
  };
};

function publishBare(transport: EventTransport, topic: string, id: number): Promise<void> {
  const data = sampleEvent(id);
  return transport.publish(topic, [
    {
      id: `bench-${id}`,
      source: "/bench",
      type: topic,
      timeMs: Date.now(),
      key: String(data.course_id),
      contentType: "application/json",
      extensions: {},
      data: encodeEvent(data),
    },
  ]);
}
