import { kafka } from "./kafka.ts";
import { nats } from "./nats.ts";
import { postgres } from "./postgres.ts";
import { rabbitmq } from "./rabbitmq.ts";
import { redis } from "./redis.ts";
import type { ServerDefinition } from "./server.ts";

export const SERVERS: readonly ServerDefinition[] = [postgres, redis, nats, rabbitmq, kafka];

/** The servers of these names, or all of them for none. Throws on a name that is not one. */
export function selectServers(names: readonly string[]): readonly ServerDefinition[] {
  if (names.length === 0) return SERVERS;
  return names.map((name) => {
    const server = SERVERS.find((candidate) => candidate.name === name);
    if (server === undefined)
      throw new Error(`No server "${name}". There is: ${SERVERS.map((known) => known.name).join(", ")}`);
    return server;
  });
}
