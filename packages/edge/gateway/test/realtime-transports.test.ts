import { randomBytes } from "node:crypto";
import { defineEvent } from "@parley/events";
import { createGateway, liveEvent } from "@parley/gateway";
import { openDatabase } from "@parley/postgres";
import { postgres } from "@parley/postgres/adapter";
import { realPostgres } from "@parley/postgres/testing";
import { createPostgresTransport } from "@parley/postgres/transport";
import type { Envelope, EventTransport, TransportAdapter } from "@parley/transport";
import { createMemoryBroker, createMemoryTransport } from "@parley/transport/testing";
import { kafka } from "@parley/transport-kafka";
import { nats } from "@parley/transport-nats";
import { rabbitmq } from "@parley/transport-rabbitmq";
import { redis } from "@parley/transport-redis";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { BookSchema } from "./gen/everything_pb.ts";
import { openCutProxy } from "./support/cut-proxy.ts";
import { isReachable } from "./support/is-reachable.ts";
import { libraryBackend } from "./support/library.ts";
import { openSse, type SseMessage } from "./support/live.ts";

const postgresUrl = (await realPostgres())?.newDatabase();
const suffix = randomBytes(4).toString("hex");
const events = ["books", "shelves"].map((name) =>
  defineEvent({ name: `${name}.x${suffix}`, schema: BookSchema, key: ({ name: key }) => key }),
);
const topics = events.map(({ name }) => ({
  name,
  ordering: "key" as const,
  retentionMs: 3_600_000,
  maxDataBytes: 65_536,
}));

type Open = () => Promise<EventTransport>;
const memory = createMemoryBroker();
const embedded = openDatabase({ dataDir: "memory:", schema: "events" });

interface Subject {
  readonly name: string;
  readonly open?: Open | undefined;
  /** The same over a connection that can be cut; undefined where nothing is to be learnt by it. */
  readonly openCuttable?: () => Promise<{ readonly open: Open; readonly cut: () => void }>;
}

/** A broker, if it is reachable. */
async function broker(name: string, adapter: TransportAdapter, url: string): Promise<Subject> {
  if (!(await isReachable(name, url))) return { name };
  const open = (address: string) => adapter.connect({ url: address, clientName: `live-${suffix}`, topics });
  return {
    name,
    open: () => open(url),
    async openCuttable() {
      const { hostname: host, port } = new URL(url);
      const proxy = await openCutProxy({ host, port: Number(port) });
      return { cut: proxy.cut, open: () => open(url.replace(`${host}:${port}`, `127.0.0.1:${proxy.port}`)) };
    },
  };
}

const { env } = process;
const SUBJECTS: readonly Subject[] = [
  { name: "memory", open: async () => createMemoryTransport({ broker: memory, topics }) },
  { name: "PGlite", open: async () => createPostgresTransport({ database: await embedded, topics }) },
  {
    name: "PostgreSQL",
    open:
      postgresUrl === undefined
        ? undefined
        : () => postgres().connect({ url: postgresUrl, clientName: `live-${suffix}`, topics }),
  },
  await broker("NATS", nats(), env.PARLEY_TEST_NATS_URL ?? "nats://127.0.0.1:4222"),
  await broker("Redis", redis(), env.PARLEY_TEST_REDIS_URL ?? "redis://127.0.0.1:6379"),
  await broker("Kafka", kafka(), `kafka://${env.PARLEY_TEST_KAFKA_BROKERS ?? "127.0.0.1:9092"}`),
  await broker("RabbitMQ", rabbitmq(), env.PARLEY_TEST_RABBITMQ_URL ?? "amqp://guest:guest@127.0.0.1:5672"),
];

const numberOf = ({ event, data }: SseMessage): number | string =>
  event === "reset" ? JSON.stringify(data) : (data as { data: { id: number } }).data.id;

async function openGateway(open: Open): Promise<string> {
  const transport = await open();
  const gateway = createGateway({
    backends: [libraryBackend()],
    realtime: { transport, events: events.map((event) => liveEvent(event, "everyone")) },
  });
  const { port } = await gateway.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(async () => {
    await gateway.drain({ graceMs: 0, signal: AbortSignal.abort() });
    await transport.close({ signal: AbortSignal.timeout(5_000) });
  });
  return `http://127.0.0.1:${port}/events`;
}

let published = 0;
async function publish(transport: EventTransport, count: number): Promise<number[]> {
  const ids = Array.from({ length: count }, () => published++);
  const envelopeOf = (topic: string, id: number): Envelope => ({
    id: `event-${suffix}-${id}`,
    source: "/test",
    type: topic,
    timeMs: Date.now(),
    key: `book ${id % 7}`,
    contentType: "application/json",
    extensions: {},
    data: new TextEncoder().encode(JSON.stringify({ id, name: `book ${id % 7}` })),
  });
  // In batches, so that readers have several events of several keys at hand at once.
  const byTopic = Map.groupBy(ids, (id) => events[id % events.length]?.name ?? "");
  for (const [topic, those] of byTopic) {
    const envelopes = those.map((id) => envelopeOf(topic, id));
    await transport.publish(topic, envelopes);
  }
  return ids;
}

describe.each(SUBJECTS)("live events over $name", ({ open }) => {
  test.skipIf(!open)(
    "a client moves among instances, old and new, and misses nothing",
    async () => {
      if (!open) return;
      const publisher = await open();
      onTestFinished(() => publisher.close({ signal: AbortSignal.timeout(5_000) }));
      const [one, two] = [await openGateway(open), await openGateway(open)];
      const { replay } = publisher.capabilities;
      const client = await openSse(one);
      await vi.waitFor(() => expect(client.lastId()).toBeDefined(), 10_000);
      await vi.waitFor(async () => (await openSse(two)).close(), 10_000);
      const first = await publish(publisher, 40);
      expect((await client.take(40)).map(numberOf).toSorted()).toEqual(first.toSorted());
      client.close();
      const away = await publish(publisher, 40);

      const moved = await openSse(two, { "last-event-id": client.lastId() ?? "" });
      if (!replay) {
        expect(await moved.next()).toMatchObject({ event: "reset", data: { code: "CURSOR_NOT_HELD" } });
        const back = await openSse(one, { "last-event-id": client.lastId() ?? "" });
        expect((await back.take(40)).map(numberOf).toSorted()).toEqual(away.toSorted());
        return;
      }
      expect((await moved.take(40)).map(numberOf).toSorted()).toEqual(away.toSorted());
      moved.close();
      const more = await publish(publisher, 10);
      const fresh = await openGateway(open);
      const last = await openSse(fresh, { "last-event-id": moved.lastId() ?? "" });
      more.push(...(await publish(publisher, 10)));
      expect((await last.take(20)).map(numberOf).toSorted()).toEqual(more.toSorted());
    },
    60_000,
  );
});

describe.each(SUBJECTS.filter((it) => it.openCuttable))("live events over $name", ({ open, openCuttable }) => {
  test.skipIf(!openCuttable)(
    "a cut connection to the broker leaves no silent gap",
    async () => {
      if (!open || !openCuttable) return;
      const publisher = await open();
      onTestFinished(() => publisher.close({ signal: AbortSignal.timeout(5_000) }));
      const cuttable = await openCuttable();
      const client = await openSse(await openGateway(cuttable.open));
      const heard = new Set<number | string>();
      const before = await publish(publisher, 10);
      for (const message of await client.take(10)) heard.add(numberOf(message));
      expect(heard).toEqual(new Set(before));
      cuttable.cut();
      const meanwhile = await publish(publisher, 10);
      if (publisher.capabilities.replay) {
        for (const message of await client.take(10)) heard.add(numberOf(message));
        expect(heard).toEqual(new Set([...before, ...meanwhile]));
        return;
      }
      for (let message = await client.next(); message.event !== "reset"; message = await client.next()) {
        heard.add(numberOf(message));
      }
      const after = await publish(publisher, 10);
      while (!after.every((id) => heard.has(id))) heard.add(numberOf(await client.next()));
    },
    60_000,
  );
});
