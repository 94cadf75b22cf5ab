import { postgres } from "@parley/postgres/adapter";
import type { EventTransport, TopicSpec } from "@parley/transport";
import { kafka } from "@parley/transport-kafka";
import { nats } from "@parley/transport-nats";
import { rabbitmq } from "@parley/transport-rabbitmq";
import { redis } from "@parley/transport-redis";

const ADAPTERS = [postgres(), nats(), rabbitmq(), redis(), kafka()];

export async function openTransport(url: string, topics: readonly TopicSpec[]): Promise<EventTransport> {
  const scheme = new URL(url).protocol.slice(0, -1);
  const adapter = ADAPTERS.find(({ schemes }) => Object.hasOwn(schemes, scheme));
  if (!adapter) throw new Error(`no adapter for ${url}`);
  return adapter.connect({ url, clientName: "parley-bench", topics });
}
