import { connect } from "@nats-io/transport-node";
import type { ForeignClient } from "@parley/transport/testing";

/** A plain client of core NATS: it knows subjects, and nothing of streams. */
export function foreignClient(servers: string): ForeignClient {
  return {
    async publish(topic, body) {
      const client = await connect({ servers });
      client.publish(topic, body);
      await client.drain();
    },
    read(topic, count) {
      const connecting = connect({ servers });
      const subscribed = connecting.then(async (client) => {
        const subscription = client.subscribe(topic, { max: count });
        await client.flush();
        return subscription;
      });
      const collect = async (): Promise<string[]> => {
        const bodies: string[] = [];
        for await (const message of await subscribed) bodies.push(message.string());
        await (await connecting).close();
        return bodies;
      };
      return { ready: subscribed.then(() => {}), bodies: collect() };
    },
  };
}
