import type { ConnectTransport, EventTransport, TopicSpec } from "@parley/transport";

/** The module of the adapter for each scheme. */
const ADAPTERS: Readonly<Record<string, string>> = {
  "postgres:": "@parley/postgres/transport",
  "nats:": "@parley/transport-nats",
  "amqp:": "@parley/transport-rabbitmq",
  "redis:": "@parley/transport-redis",
  "kafka:": "@parley/transport-kafka",
};

export async function openTransport(url: string, topics: readonly TopicSpec[]): Promise<EventTransport> {
  const adapter = ADAPTERS[new URL(url).protocol];
  if (adapter === undefined) throw new Error(`no adapter for ${url}`);
  const { connect } = (await import(adapter)) as { connect: ConnectTransport };
  return connect({ url, clientName: "parley-bench", topics });
}
